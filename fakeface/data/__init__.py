"""From files on disk to batches: records, splits, views, augmentation, dataset and data module."""
