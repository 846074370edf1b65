"""Drawn faces for the demo data set and the tests: a canvas, people, and their portraits."""
