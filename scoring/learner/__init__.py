"""What scoring/online_model.py is made of: features as vectors, weights and how certain they are, the slow generation.

Pure: numpy and scikit-learn, no Django. What others may use of it holds values: model_config, generation, chain,
checkpoint_format, reasons, phrases. The rest is the model's own, and the import linter holds it to that.
"""
