"""From files on disk to samples: records, splits, images, the cache of views, augmentation, data set and loader."""
