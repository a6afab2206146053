package orders_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/orders"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
)

func service(t testing.TB, slug string) *catalog.Service {
	t.Helper()
	c, err := catalog.Shared()
	if err != nil {
		t.Fatal(err)
	}
	return c.Find(slug)
}

func trader() map[string]string {
	return map[string]string{
		"kind": "trader", "okved": "62.01", "taxSystem": "usn", "address": "г. Примерск", "applicantInn": "960000000300",
		"lastName": "Учебный", "firstName": "Пётр", "birthDate": "1985-04-12", "snils": "000-000-009 09",
		"passportSeries": "0000", "passportNumber": "000009", "passportIssuedAt": "2005-05-20",
	}
}

func TestAQualifiedSignatureIsDemandedAndChecked(t *testing.T) {
	s := service(t, "business-registration")
	req := portaltest.RequestXML(s.Code, trader())
	good := func(_, sig []byte) error {
		if string(sig) != "good" {
			return errors.New("the digest differs")
		}
		return nil
	}
	cases := []struct{ name, sig, code string }{
		{"none", "", gusmev.CodeReqVerify},
		{"a bad one", "bad", gusmev.CodeReqVerify},
		{"a good one", "good", ""},
	}
	for _, tc := range cases {
		files := map[string][]byte{"req.xml": req}
		if tc.sig != "" {
			files["req.xml.sig"] = []byte(tc.sig)
		}
		v := orders.Inspect(s, portaltest.Zip(t, files), good, "2026-11-01")
		if v.Code != tc.code || tc.code != "" && !strings.Contains(v.Message.RU, "req.xml.sig") {
			t.Errorf("%s: %s %s", tc.name, v.Code, v.Message.EN)
		}
		if tc.code == "" && len(v.Files) != 2 {
			t.Errorf("%d files", len(v.Files))
		}
	}
	// A signature that nobody asked for is checked all the same.
	free := service(t, "public-request")
	values := map[string]string{"kind": "question", "subject": "Вопрос", "text": "Как?", "lastName": "Учебный", "firstName": "Пётр"}
	if v := orders.Inspect(free, portaltest.Zip(t, map[string][]byte{"req.xml": portaltest.RequestXML(free.Code, values), "req.xml.sig": []byte("bad")}), good, "2026-11-01"); v.Code != gusmev.CodeReqVerify {
		t.Errorf("%s", v.Code)
	}
}

func TestADocumentIsKnownByItsContent(t *testing.T) {
	cases := map[string][]byte{
		"image/jpeg":               portaltest.Photo(t),
		"application/pdf":          portaltest.PDF(),
		"image/png":                []byte("\x89PNG\r\n\x1a\n...."),
		"application/xml":          []byte("\ufeff<?xml version=\"1.0\"?><a/>"),
		"application/octet-stream": []byte("\xff\xd8\xff only a beginning"),
	}
	for want, content := range cases {
		if got := orders.Sniff(content); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got := orders.Sniff([]byte("%PDF-1.4 cut short")); got != "application/octet-stream" {
		t.Errorf("a PDF without an end is %s", got)
	}
}

func TestAnAttachmentOverItsLimitIsRefused(t *testing.T) {
	s := service(t, "public-request")
	values := map[string]string{"kind": "question", "subject": "Вопрос", "text": "Как?", "lastName": "Учебный", "firstName": "Пётр"}
	big := append(portaltest.PDF(), bytes.Repeat([]byte("%x\n"), 2<<20)...)
	big = append(big, "%%EOF"...)
	v := orders.Inspect(s, portaltest.Zip(t, map[string][]byte{"req.xml": portaltest.RequestXML(s.Code, values, "evidence=e.pdf"), "e.pdf": big}), nil, "2026-11-01")
	// Repetition packs so well that the archive also looks like a bomb.
	if v.Code == "" || !strings.Contains(v.Message.EN, "e.pdf") {
		t.Errorf("%s %s", v.Code, v.Message.EN)
	}
}

// The declared size is a claim of the sender.
func TestAZipBombWithAFalseSizeIsRefused(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateRaw(&zip.FileHeader{Name: "req.xml", Method: zip.Deflate, CompressedSize64: 8, UncompressedSize64: 5})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte{0x4b, 0x4c, 0x44, 0x05, 0x00, 0x00, 0x00, 0x00}); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if v := orders.Inspect(service(t, "public-request"), b.Bytes(), nil, "2026-11-01"); v.Code != gusmev.CodeInvalidFiles {
		t.Errorf("%s %s", v.Code, v.Message.EN)
	}
}

func TestARequestDocumentIsReadStrictly(t *testing.T) {
	head := `<?xml version="1.0" encoding="UTF-8"?>`
	ns := ` xmlns="urn:epgu:sandbox:application:1.0"`
	bad := map[string]string{
		"entity bomb":    `<!DOCTYPE a [<!ENTITY x "y">]><application` + ns + ` serviceCode="1"><field name="a">&x;</field></application>`,
		"two values":     head + `<application` + ns + ` serviceCode="1"><field name="a">1</field><field name="a">2</field></application>`,
		"no name":        head + `<application` + ns + ` serviceCode="1"><field>1</field></application>`,
		"nested":         head + `<application` + ns + ` serviceCode="1"><field name="a"><b/></field></application>`,
		"unknown":        head + `<application` + ns + ` serviceCode="1"><value name="a"/></application>`,
		"no file":        head + `<application` + ns + ` serviceCode="1"><attachment name="a"/></application>`,
		"something more": head + `<application` + ns + ` serviceCode="1"/><application/>`,
		"cut short":      head + `<application` + ns + ` serviceCode="1"><field name="a">1</field>`,
		"namespace":      head + `<application serviceCode="1"/>`,
		"charset":        `<?xml version="1.0" encoding="windows-1251"?><application` + ns + `/>`,
		"empty":          "",
		"too many":       head + `<application` + ns + `>` + strings.Repeat(`<attachment name="a" file="b"/>`, 10_001) + `</application>`,
	}
	for name, doc := range bad {
		if _, err := orders.ParseRequest([]byte(doc)); err == nil {
			t.Errorf("%s is read", name)
		}
	}
	q, err := orders.ParseRequest([]byte(head + "\n<!-- a comment --><a:application xmlns:a=\"urn:epgu:sandbox:application:1.0\" serviceCode=\"7\"><a:field name=\"x\">a &lt; b</a:field><a:attachment name=\"y\" file=\"1.pdf\"/><a:attachment name=\"y\" file=\"2.pdf\"/></a:application>\n"))
	if err != nil {
		t.Fatal(err)
	}
	if q.Service != "7" || q.Values["x"] != "a < b" || len(q.Attachments["y"]) != 2 {
		t.Errorf("%+v", q)
	}
}

func FuzzParseRequest(f *testing.F) {
	f.Add(portaltest.RequestXML("90000000001", map[string]string{"a": "б"}, "photo=photo.jpg"))
	f.Add([]byte(`<?xml version="1.0"?><!DOCTYPE x><x/>`))
	f.Add([]byte("<application"))
	f.Fuzz(func(t *testing.T, doc []byte) {
		q, err := orders.ParseRequest(doc)
		if (q == nil) != (err != nil) {
			t.Fatalf("%v, %v", q, err)
		}
	})
}

func FuzzInspect(f *testing.F) {
	s := service(f, "public-request")
	f.Add(portaltest.Zip(f, map[string][]byte{"req.xml": portaltest.RequestXML(s.Code, map[string]string{"kind": "question"})}))
	f.Add(portaltest.Zip(f, map[string][]byte{"a/b": nil}))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, archive []byte) {
		v := orders.Inspect(s, archive, nil, "2026-11-01")
		if v.Code != "" && (v.Message.In(i18n.RU) == "" || v.Message.In(i18n.EN) == "") {
			t.Fatalf("%s without a message", v.Code)
		}
	})
}
