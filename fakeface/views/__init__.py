"""What a network can be given of a photograph: its pixels, their error levels, the aligned face."""
