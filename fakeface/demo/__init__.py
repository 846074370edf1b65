"""Drawn faces in CIPLAB's layout, real and edited, for demos and tests."""
