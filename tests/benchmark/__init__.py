"""``make bench``: how fast training and prediction are, as ratios measured side by side. Not part of the test suite."""
