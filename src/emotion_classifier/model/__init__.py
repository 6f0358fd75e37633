"""A trained model on disk and in memory: bundle, preprocessing, scale and calibration."""
