"""What is measured, one scenario a file. Each adds its figures to the sheet that it is given."""
