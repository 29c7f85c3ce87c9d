"""What reading refuses and warns of: every sentence of this package in one place."""

from __future__ import annotations

from kamstats.reasons import sentence

# --- a whole file or the whole read is refused
FILE_NOT_FOUND = sentence("file_not_found", 'There is no file "{file}". Check the path.')
FILE_UNREADABLE = sentence(
    "file_unreadable", '"{file}" cannot be read: {problem}. Check the file and its rights.'
)
FILE_IS_FOLDER = sentence("file_is_folder", '"{file}" is a folder, not a file. Name the files in it.')
FILE_EMPTY = sentence(
    "file_empty", '"{file}" is empty: expected a header and at least one line. Export it again.'
)
HEADER_ONLY = sentence("header_only", '"{file}" has a header but no lines. Export a period with sales.')
NOT_A_TABLE = sentence(
    "not_a_table", '"{file}" is not a table that can be read: {problem}. Save it as CSV, XLSX or Parquet.'
)
HEADER_NOT_FOUND = sentence(
    "header_not_found",
    '"{file}" has no row of column names in its first {rows} rows: expected at least an '
    "account, a date and an amount. "
    "Add a header row or name the columns with --map.",
)
COLUMN_NOT_FOUND = sentence(
    "column_not_found", 'No column "{column}" in "{file}". Did you mean "{nearest}"? Columns: {columns}.'
)
FIELD_UNKNOWN = sentence("field_unknown", 'No field "{field}". Did you mean "{nearest}"? Fields: {fields}.')
FIELD_MISSING = sentence(
    "field_missing",
    'No column of "{file}" looks like {field}. Name it with --map {field}=COLUMN. Columns: {columns}.',
)
FILE_TRUNCATED = sentence(
    "file_truncated", '"{file}" is damaged or cut off: {problem}. Export or copy it again.'
)
WORKBOOK_TOO_LARGE = sentence(
    "workbook_too_large",
    '"{file}" unpacks to {bytes} bytes, more than the {limit} allowed. Export the lines as CSV instead.',
)
LINE_TOO_LONG = sentence(
    "line_too_long",
    '"{file}" has a line of more than {limit} bytes after row {row}: it is not a table of '
    "sales. Export it again.",
)
NO_GOOD_LINE = sentence(
    "no_good_line",
    "None of the {lines} lines of {files} could be read; most often for the reason {code}. See "
    '"{rejected}" for each line.',
)
SEVERAL_CURRENCIES = sentence(
    "several_currencies",
    "The lines are in several currencies: {currencies}. Give a file of date, currency, rate with --rates.",
)
CURRENCY_DIFFERS = sentence(
    "currency_differs",
    "The lines are in {found}, but the ledger is in {wanted}. Give a file of date, "
    "currency, rate with --rates.",
)
RATE_MISSING = sentence(
    "rate_missing", 'No rate of {currency} on or before {date} in "{file}". Add a line with that rate.'
)
OPTION_UNKNOWN = sentence("option_unknown", '"{value}" is no {option}. Allowed: {allowed}.')
DISK_FULL = sentence(
    "disk_full", 'No room to write "{file}": {problem}. Free some space and repeat the command.'
)

# --- one line is rejected
DATE_MISSING = sentence("date_missing", "The line has no date. Enter the booking date.")
NOT_A_DATE = sentence("not_a_date", '"{value}" is not a date. Use year-month-day, for example 2026-02-28.')
MASTER_DAY = sentence(
    "master_day_bad",
    'In "{file}", {key} has the day "{value}", which is not a date. Use year-month-day, or leave it empty.',
)
SPAN_REVERSED = sentence(
    "span_reversed",
    'In "{file}", {key} belongs to its group until {last}, before it begins on {first}. Exchange the days.',
)
DATE_OUT_OF_RANGE = sentence(
    "date_out_of_range",
    '"{value}" is not a booking date: expected a year from 1900 to 2199. Correct the date.',
)
NOT_A_NUMBER = sentence(
    "not_a_number", '"{value}" is not a number. Use digits and one decimal mark, for example 1234.56.'
)
NUMBER_OUT_OF_RANGE = sentence(
    "number_out_of_range",
    '"{value}" is too large: at most 14 digits before the decimal mark. Correct the number.',
)
AMOUNT_MISSING = sentence(
    "amount_missing", "The line has neither an amount nor quantity and unit price. Enter the amount."
)
TOTAL_ROW = sentence("total_row", '"{value}" is a total, not a line. Nothing to mend.')
WRONG_NUMBER_OF_FIELDS = sentence(
    "wrong_number_of_fields",
    "The row has {have} fields, the header {need}. Quote fields that hold the delimiter.",
)
QUOTE_NOT_CLOSED = sentence(
    "quote_not_closed", "A quotation mark opens a field and is never closed. Close it or double it."
)
BYTES_NOT_TEXT = sentence(
    "bytes_not_text",
    "The row holds bytes that are no text in the encoding {encoding}. Save the file as UTF-8.",
)
NUL_BYTE = sentence("nul_byte", "The row holds a NUL byte. Export the file again.")

# --- read, with a warning
DATES_AMBIGUOUS = sentence(
    "dates_ambiguous",
    'Every date in column "{column}" of "{file}" can be read day first and month first; '
    "it was read day first. "
    "Use --date-order if that is wrong.",
)
AMOUNTS_DIFFER = sentence(
    "amounts_differ",
    "{lines} lines have an amount that differs by more than 0.01 from quantity times unit "
    "price less discount; "
    "the amount was used.",
)
BYTES_GUESSED = sentence(
    "encoding_guessed",
    '"{file}" was read in the encoding {encoding}. Check the names; use --encoding if they are wrong.',
)
FIELD_BY_CONTENT = sentence(
    "field_by_content", 'Column "{column}" of "{file}" was taken as {field} because of what it holds.'
)
