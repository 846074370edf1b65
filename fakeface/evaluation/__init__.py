"""What a run's predictions are worth: metrics, subsets, intervals, calibration and operating points; no torch."""
