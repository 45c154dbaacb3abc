"""Lists as files: workbook or CSV, told in the log."""
