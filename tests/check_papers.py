"""Checks papers that Digue made, as programs read them that did not write them.

PDF: the failure conditions of the Matterhorn Protocol 1.1 (PDF/UA-1) that a program can decide and
that concern these files; their numbers stand beside each check. DOCX by python-docx, XLSX by
openpyxl. Prints each fault and ends with 1 when there is one.
"""

import datetime
import re
import sys

import docx
import openpyxl
from docx.oxml.ns import qn
from pypdf import PdfReader
from pypdf.generic import ArrayObject, ContentStream, DictionaryObject, NullObject

STANDARD = set(
    "Document Part Art Sect Div BlockQuote Caption TOC TOCI Index NonStruct Private P H H1 H2 H3 H4 H5 H6 "
    "L LI Lbl LBody Table TR TH TD THead TBody TFoot Span Quote Note Reference BibEntry Code Link Annot "
    "Ruby RB RT RP Warichu WT WP Figure Formula Form".split()
)
PAINTING = {b"Tj", b"TJ", b"'", b'"', b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*", b"S", b"s", b"Do", b"sh", b"EI"}


def is_true(value):
    """A boolean of a PDF file is an object, and every object is true."""
    return getattr(value, "value", value) is True


class Pdf:
    def __init__(self, path):
        self.reader = PdfReader(path)
        self.catalog = self.reader.trailer["/Root"].get_object()
        self.faults = []

    def must(self, condition, holds, what):
        if not holds:
            self.faults.append(f"{condition}: {what}")

    def check(self):
        self.metadata()
        used = [self.page(number, page) for number, page in enumerate(self.reader.pages, 1)]
        self.structure(used)
        return self.faults

    def metadata(self):
        catalog = self.catalog
        mark = catalog.get("/MarkInfo", {})
        self.must("06-001", "/Metadata" in catalog, "no XMP metadata")
        xmp = catalog["/Metadata"].get_object().get_data().decode() if "/Metadata" in catalog else ""
        self.must("06-002", "pdfuaid:part" in xmp, "no identification as PDF/UA")
        self.must("06-003", "<dc:title>" in xmp, "no title in the metadata")
        preferences = catalog.get("/ViewerPreferences", {})
        self.must("07-001", is_true(preferences.get("/DisplayDocTitle")), "the title is not shown")
        self.must("01-007", not is_true(mark.get("/Suspects")), "suspects")
        self.must("PDF 14.7.1", is_true(mark.get("/Marked")), "not marked")
        self.must("11-006", bool(catalog.get("/Lang")), "no language")
        self.must("26-001", not self.reader.is_encrypted, "encrypted")
        self.must("01-006", "/StructTreeRoot" in catalog, "no structure")
        self.must("outline", len(self.reader.outline) > 0, "no outline")

    def page(self, number, page):
        """The content of a page is tagged or an artifact, never both; its fonts are embedded."""
        used, stack = [], []
        for operands, operator in ContentStream(page.get_contents(), self.reader).operations:
            if operator in (b"BDC", b"BMC"):
                kind = "artifact" if operands[0] == "/Artifact" else None
                properties = operands[1] if len(operands) > 1 else {}
                if isinstance(properties, DictionaryObject) and "/MCID" in properties:
                    kind = "tagged"
                    used.append(int(properties["/MCID"]))
                self.must("01-001", not (kind == "artifact" and "tagged" in stack), f"page {number}: artifact in content")
                self.must("01-002", not (kind == "tagged" and "artifact" in stack), f"page {number}: content in artifact")
                stack.append(kind)
            elif operator == b"EMC":
                stack.pop()
            elif operator in PAINTING:
                known = "tagged" in stack or "artifact" in stack
                self.must("01-003", known, f"page {number}: {operator!r} is neither content nor artifact")
        self.must("01-004", len(used) == len(set(used)), f"page {number}: an identifier twice")
        if "/Annots" in page:
            self.must("28-008", page.get("/Tabs") == "/S", f"page {number}: no order of tabs")
        for name, font in page["/Resources"].get("/Font", {}).items():
            self.font(number, name, font.get_object())
        return set(used)

    def font(self, number, name, font):
        where = f"page {number}, {name}"
        self.must("10-001", "/ToUnicode" in font, f"{where}: no characters")
        if font["/Subtype"] != "/Type0":
            return
        inner = font["/DescendantFonts"][0].get_object()
        descriptor = inner["/FontDescriptor"].get_object()
        embedded = [key for key in ("/FontFile2", "/FontFile3") if key in descriptor]
        self.must("31-009", embedded, f"{where}: not embedded")
        if inner["/Subtype"] == "/CIDFontType2":
            self.must("31-004", "/CIDToGIDMap" in inner, f"{where}: no map of glyphs")
        self.must("31-001", "/CIDSystemInfo" in inner, f"{where}: no system of characters")

    def structure(self, used):
        root = self.catalog.get("/StructTreeRoot", DictionaryObject()).get_object()
        roles = root.get("/RoleMap", {})
        pages = {page.indirect_reference.idnum: place for place, page in enumerate(self.reader.pages)}
        self.found = [set() for _ in used]
        self.headings = []
        for child in children(root):
            self.element(child, None, pages, roles, None)
        for place, (drawn, found) in enumerate(zip(used, self.found), 1):
            self.must("01-005", drawn == found, f"page {place}: {sorted(drawn ^ found)} in page or structure alone")
        if self.headings:
            self.must("14-001", self.headings[0] == 1, f"the first heading is of level {self.headings[0]}")
        for before, after in zip(self.headings, self.headings[1:]):
            self.must("14-003", after <= before + 1, f"level {after} follows level {before}")

    def element(self, element, parent, pages, roles, page):
        kind = str(element["/S"])[1:]
        page = element.raw_get("/Pg").idnum if "/Pg" in element else page
        self.must("02-001", kind in STANDARD or f"/{kind}" in roles, f"{kind} is no standard type")
        self.must("02-004", not (kind in STANDARD and f"/{kind}" in roles), f"{kind} is mapped")
        within = {"TR": ("Table", "THead", "TBody", "TFoot"), "TH": ("TR",), "TD": ("TR",), "LI": ("L",), "Lbl": ("LI",), "LBody": ("LI",)}
        if kind in within:
            self.must("09-004", parent in within[kind], f"{kind} in {parent}")
        if kind == "Figure":
            self.must("13-004", element.get("/Alt") or element.get("/ActualText"), "a figure without a text")
        if kind == "TH":
            self.must("15-003", "/Scope" in attributes(element), "a header cell of no scope")
        if kind == "Table":
            self.table(element)
        if len(kind) == 2 and kind[0] == "H" and kind[1].isdigit():
            self.headings.append(int(kind[1]))
        for child in children(element):
            if isinstance(child, DictionaryObject) and "/S" in child:
                self.element(child, kind, pages, roles, page)
            elif isinstance(child, DictionaryObject):
                of = child.raw_get("/Pg").idnum if "/Pg" in child else page
                self.found[pages[of]].add(int(child["/MCID"]))
            else:
                self.found[pages[page]].add(int(child))

    def table(self, table):
        rows = []
        for part in children(table):
            rows += [part] if part["/S"] == "/TR" else children(part)
        widths = {sum(int(attributes(cell).get("/ColSpan", 1)) for cell in children(row)) for row in rows}
        self.must("09-006", len(widths) == 1, f"rows of {sorted(widths)} cells")
        heads = [cell for row in rows for cell in children(row) if cell["/S"] == "/TH"]
        self.must("15-001", heads, "a table without header cells")


def children(element):
    held = element.get("/K", ArrayObject())
    held = held if isinstance(held, list) else [held]
    return [child.get_object() for child in held if not isinstance(child, NullObject)]


def attributes(element):
    held = element.get("/A", ArrayObject())
    held = held if isinstance(held, list) else [held]
    found = {}
    for one in held:
        found.update(one.get_object())
    return found


def of_pdf(path):
    pdf = Pdf(path)
    faults = pdf.check()
    reader = pdf.reader
    texts = [page.extract_text() for page in reader.pages]
    # An empty back between two letters carries nothing.
    for number, text in enumerate(texts, 1):
        if text.strip() and not re.search(r"\d+ / \d+", text):
            faults.append(f"page {number} has no number of all")
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in reader.pages
        for font in page["/Resources"].get("/Font", {}).values()
    }
    if not any("+Inter" in font for font in fonts):
        faults.append(f"not in the typeface of the pages, as a part of it: {fonts}")
    return faults


def of_docx(path):
    document = docx.Document(path)
    faults = []
    styles = [paragraph.style.name for paragraph in document.paragraphs]
    if "Heading 1" not in styles:
        faults.append(f"no heading: {sorted(set(styles))}")
    if not document.core_properties.language or not document.core_properties.title:
        faults.append("no language or no title")
    language = document.styles.element.find(".//" + qn("w:rPrDefault") + "//" + qn("w:lang"))
    if language is None:
        faults.append("the text has no language")
    for table in document.tables:
        widths = {len(row.cells) for row in table.rows}
        if len(widths) != 1:
            faults.append(f"rows of {widths} cells")
        if len(table.columns) > 2 and table.rows[0]._tr.find(".//" + qn("w:tblHeader")) is None:
            faults.append("a table without a header row")
    for section in document.sections:
        for foot in (section.footer, section.first_page_footer):
            fields = [field.get(qn("w:instr")).strip() for field in foot._element.iter(qn("w:fldSimple"))]
            if fields != ["PAGE", "NUMPAGES"]:
                faults.append(f"the foot has {fields}")
        if not section.different_first_page_header_footer or not section.header.paragraphs[0].text:
            faults.append("no title at the head of the second page")
    return faults


def of_xlsx(path):
    book = openpyxl.load_workbook(path)
    faults = []
    for sheet in book.worksheets:
        setup = sheet.page_setup
        where = sheet.title
        if (setup.orientation, setup.paperSize) != ("landscape", 9) or not sheet.sheet_properties.pageSetUpPr.fitToPage:
            faults.append(f"{where}: not fitted to landscape A4")
        if not sheet.print_area or not sheet.print_title_rows:
            faults.append(f"{where}: no area or no header to print")
        if "&P" not in (sheet.oddFooter.right.text or ""):
            faults.append(f"{where}: no number of pages")
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and is_iso(cell.value):
                    faults.append(f"{where}: {cell.coordinate} is a date as text: {cell.value}")
                if isinstance(cell.value, datetime.datetime) and not cell.is_date:
                    faults.append(f"{where}: {cell.coordinate} is no date")
        for column, size in sheet.column_dimensions.items():
            if not 2 <= size.width <= 65:
                faults.append(f"{where}: {column} is {size.width} wide")
    if book.worksheets[0].page_setup.fitToWidth not in (None, 1):
        faults.append("the first sheet does not print on the width of one page")
    return faults


def is_iso(text):
    try:
        datetime.datetime.fromisoformat(text)
    except ValueError:
        return False
    return "T" in text


READERS = {"pdf": of_pdf, "docx": of_docx, "xlsx": of_xlsx}
found = False
for path in sys.argv[1:]:
    for fault in READERS[path.rsplit(".", 1)[1]](path):
        print(f"{path}: {fault}")
        found = True
sys.exit(found)
