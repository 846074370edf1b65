"""Networks as plain ``nn.Module``s: they know views and tensors, not files and not Lightning."""
