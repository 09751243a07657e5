"""Edits a spreadsheet as a person would: COLUMN of the row whose first cell is NAME becomes VALUE; a
name that is not there adds a row. Values are given as NAME COLUMN VALUE, as often as one likes."""

import sys

import openpyxl

path, *edits = sys.argv[1:]
book = openpyxl.load_workbook(path)
sheet = book.worksheets[0]
columns = {cell.value: cell.column for cell in sheet[1]}
added = {}
for name, column, value in zip(edits[::3], edits[1::3], edits[2::3], strict=True):
    row = next((row for row in range(2, sheet.max_row + 1) if sheet.cell(row, 1).value == name), None)
    if row is None:
        row = added.setdefault(name, sheet.max_row + 1)
        sheet.cell(row, 1).value = name or None
    sheet.cell(row, columns[column]).value = value
book.save(path)
