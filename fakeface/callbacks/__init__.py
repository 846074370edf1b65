"""What happens around training: pictures for TensorBoard, files of a run."""
