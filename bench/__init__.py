"""What is measured, one file a question. Figures and commands are in docs/benchmarks.md."""
