package container

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
)

func archive(t testing.TB, stored bool, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i, name := range names {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		content := "content"
		if i == 0 && stored {
			h.Method, content = zip.Store, "application/vnd.oasis.opendocument.spreadsheet"
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// table is the beginning of a dBase III table with one column of text.
func table() string {
	b := make([]byte, 98)
	b[0], b[1], b[2], b[3] = 3, 126, 11, 29
	b[4], b[8], b[10] = 1, 65, 21
	copy(b[32:], "UIN")
	b[43], b[48], b[64] = 'C', 20, 0x0d
	return string(b)
}

func TestFilesThatNobodyReadsAreNamedWithTheCure(t *testing.T) {
	for name, c := range map[string]struct{ head, code string }{
		"ods":                 {archive(t, true, "mimetype", "content.xml"), "file.ods"},
		"numbers":             {archive(t, false, "Index/Document.iwa", "Index/Tables.iwa"), "file.numbers"},
		"docx":                {archive(t, false, "[Content_Types].xml", "word/document.xml"), "file.document"},
		"xlsb":                {archive(t, false, "[Content_Types].xml", "xl/workbook.bin"), "file.xlsb"},
		"xlsx":                {archive(t, false, "[Content_Types].xml", "xl/workbook.xml"), ""},
		"an empty archive":    {archive(t, false), ""},
		"xls":                 {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file.old_excel"},
		"pdf":                 {"%PDF-1.7\n", "file.pdf"},
		"dbf":                 {table(), "file.dbf"},
		"rtf":                 {"{\\rtf1\\ansi", "file.document"},
		"JSON lines":          {`{"uin":"1"}`, ""},
		"gzip":                {"\x1f\x8b\x08", "file.archive"},
		"rar":                 {"Rar!\x1a\x07", "file.archive"},
		"7z":                  {"7z\xbc\xaf\x27\x1c", "file.archive"},
		"png":                 {"\x89PNG\r\n", "file.picture"},
		"jpeg":                {"\xff\xd8\xff\xe0", "file.picture"},
		"a page named .xls":   {"\xef\xbb\xbf\r\n<HTML><body><table>", "file.html"},
		"a table of a page":   {"<table border=1><tr><td>УИН", "file.html"},
		"Excel 2003":          {"<?xml version=\"1.0\"?>\n<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">", "file.excel_xml"},
		"camt.053":            {"<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\">", "file.xml"},
		"csv":                 {"УИН;Сумма\n", ""},
		"csv of numbers":      {"2;3\n", ""},
		"1C":                  {"1CClientBankExchange\n", ""},
		"UTF-16":              {"\xff\xfeU\x00I\x00N\x00", ""},
		"nothing":             {"", ""},
		"a cut header":        {"PK\x03\x04\x14\x00", ""},
		"a cut dbf":           {table()[:40], ""},
		"text that begins so": {"\x03 not a table, but long enough to hold the header of one if it were: sixty-four", ""},
	} {
		err := Refusal([]byte(c.head))
		var f *fault.Error
		if errors.As(err, &f); c.code == "" && err != nil || c.code != "" && (f == nil || f.Code != c.code || f.Hint.IsZero() || fault.ExitOf(err) != exitcode.Usage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzNoBeginningPanics(f *testing.F) {
	f.Add([]byte(table()))
	f.Add([]byte("PK\x03\x04" + string(make([]byte, 40))))
	f.Fuzz(func(t *testing.T, head []byte) {
		if err := Refusal(head); err != nil && fault.ExitOf(err) != exitcode.Usage {
			t.Fatal(err)
		}
	})
}
