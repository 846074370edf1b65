"""Measurements around a trained network: frozen-feature baselines, robustness, localisation."""
