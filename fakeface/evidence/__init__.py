"""What can be said of one photograph and handed on: what file and pixels say, and how steady a verdict is."""
