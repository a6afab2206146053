// Package container tells files that hold a table in a form that nobody reads here,
// by their first bytes: people give what their program or their bank saved, and the
// name of the file often says something else. Registers and statements refuse such a
// file with the same words, which say what to do instead.
package container

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/charset"
)

// kind is a form of file: what it is called and how to make a table of it.
type kind struct {
	code string // of the error
	what i18n.Message
	cure i18n.Message
}

func resave() i18n.Message {
	return i18n.Say("откройте его в табличной программе и сохраните как .xlsx без пароля или как CSV", "open it in a spreadsheet program and save it as .xlsx without a password, or as CSV")
}

func askBank() i18n.Message {
	return i18n.Say("выгрузите из программы или банка тот же список в CSV, .xlsx или в формате 1С (1CClientBankExchange)", "export the same list from the program or the bank as CSV, .xlsx or in the 1C format (1CClientBankExchange)")
}

// Refusal returns why a file that begins with head, its first kilobytes, cannot be
// read; nil for one that may be a workbook (.xlsx), a text table, a 1C file or JSON
// lines.
func Refusal(head []byte) error {
	k := kindOf(head)
	if k.code == "" {
		return nil
	}
	return fault.New(exitcode.Usage, k.code, k.what).Advise(k.cure)
}

func kindOf(head []byte) kind {
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return zipped(head)
	}
	for magic, k := range map[string]kind{
		"\xd0\xcf\x11\xe0": {"file.old_excel", i18n.Say("это старый формат Excel (.xls) или книга, закрытая паролем", "this is the old Excel format (.xls), or a workbook locked with a password"), resave()},
		"%PDF-":            {"file.pdf", i18n.Say("это PDF: в нём нет столбцов, только напечатанная страница", "this is a PDF: it has no columns, only a printed page"), askBank()},
		"{\\rtf":           {"file.document", i18n.Say("это текстовый документ (RTF), а не таблица", "this is a text document (RTF), not a table"), resave()},
		"Rar!":             {"file.archive", i18n.Say("это архив RAR", "this is a RAR archive"), unpack()},
		"7z\xbc\xaf":       {"file.archive", i18n.Say("это архив 7-Zip", "this is a 7-Zip archive"), unpack()},
		"\x1f\x8b":         {"file.archive", i18n.Say("это архив gzip", "this is a gzip archive"), unpack()},
		"\x89PNG":          {"file.picture", i18n.Say("это картинка, а не таблица", "this is a picture, not a table"), askBank()},
		"\xff\xd8\xff":     {"file.picture", i18n.Say("это картинка, а не таблица", "this is a picture, not a table"), askBank()},
	} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return k
		}
	}
	if dbf(head) {
		return kind{"file.dbf", i18n.Say("это таблица dBase (.dbf)", "this is a dBase table (.dbf)"), resave()}
	}
	text := strings.ToLower(string(bytes.TrimLeft(charset.Head(head), " \t\r\n\ufeff")))
	switch {
	case strings.HasPrefix(text, "<!doctype html"), strings.HasPrefix(text, "<html"), strings.HasPrefix(text, "<table"), strings.HasPrefix(text, "<head"), strings.HasPrefix(text, "<meta"):
		return kind{"file.html", i18n.Say("это веб-страница, которой дали имя таблицы: так сохраняют некоторые банки", "this is a web page with the name of a table: some banks save them so"), resave()}
	case strings.HasPrefix(text, "<?xml"):
		if strings.Contains(text, "urn:schemas-microsoft-com:office:spreadsheet") {
			return kind{"file.excel_xml", i18n.Say("это таблица XML Excel 2003", "this is an XML table of Excel 2003"), resave()}
		}
		return kind{"file.xml", i18n.Say("это XML: такие списки здесь не читаются", "this is XML: such lists are not read here"), askBank()}
	}
	return kind{}
}

func unpack() i18n.Message {
	return i18n.Say("распакуйте его и укажите файл, который лежит внутри", "unpack it and name the file that is inside")
}

// zipped tells what else than .xlsx lies in a ZIP archive.
func zipped(head []byte) kind {
	// OpenDocument puts its type first, stored and not packed (ODF 1.2, part 3, 3.3).
	if i := bytes.Index(head, []byte("mimetypeapplication/vnd.oasis.opendocument.")); i == 30 {
		if bytes.HasPrefix(head[i:], []byte("mimetypeapplication/vnd.oasis.opendocument.spreadsheet")) {
			return kind{"file.ods", i18n.Say("это таблица LibreOffice (.ods)", "this is a LibreOffice table (.ods)"),
				i18n.Say("сохраните её как .xlsx или CSV: в LibreOffice «Файл → Сохранить как», без него soffice --convert-to xlsx", "save it as .xlsx or CSV: in LibreOffice “File → Save As”, or soffice --convert-to xlsx")}
		}
		return kind{"file.document", i18n.Say("это документ LibreOffice, а не таблица", "this is a LibreOffice document, not a table"), resave()}
	}
	for _, name := range names(head) {
		switch {
		case strings.HasPrefix(name, "Index/") || name == "Index.zip" || strings.HasSuffix(name, ".iwa"):
			return kind{"file.numbers", i18n.Say("это таблица Numbers (.numbers) или другой документ Apple", "this is a Numbers table (.numbers) or another Apple document"),
				i18n.Say("в Numbers: «Файл → Экспортировать в → Excel…» или CSV", "in Numbers: “File → Export To → Excel…” or CSV")}
		case strings.HasPrefix(name, "word/"):
			return kind{"file.document", i18n.Say("это документ Word, а не таблица", "this is a Word document, not a table"), resave()}
		case name == "xl/workbook.bin":
			return kind{"file.xlsb", i18n.Say("это двоичная книга Excel (.xlsb)", "this is a binary Excel workbook (.xlsb)"), resave()}
		}
	}
	return kind{}
}

// names are those of the archive's first parts, as far as head shows them.
func names(head []byte) (out []string) {
	const size = 30 // of a local header (APPNOTE 4.3.7)
	for at := 0; ; {
		i := bytes.Index(head[at:], []byte("PK\x03\x04"))
		if i < 0 || at+i+size > len(head) {
			return out
		}
		at += i
		n := int(binary.LittleEndian.Uint16(head[at+26:]))
		if at+size+n > len(head) {
			return out
		}
		out = append(out, string(head[at+size:at+size+n]))
		at += size + n
	}
}

// dbf reports whether head is the header of a dBase table: its version, the day of
// its last change, and sizes that agree.
func dbf(head []byte) bool {
	if len(head) < 64 {
		return false
	}
	switch head[0] {
	case 0x02, 0x03, 0x30, 0x31, 0x32, 0x43, 0x63, 0x83, 0x8b, 0xcb, 0xf5, 0xfb:
	default:
		return false
	}
	size, row := int(binary.LittleEndian.Uint16(head[8:])), int(binary.LittleEndian.Uint16(head[10:]))
	return head[2] <= 12 && head[3] <= 31 && size >= 65 && row > 1 && strings.IndexByte("CNDLMFIBYT@", head[32+11]) >= 0
}
