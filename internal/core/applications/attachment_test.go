package applications_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

func documents() []cabinet.Document {
	return []cabinet.Document{
		{Name: "photo", Title: "Фото", Required: true, Types: []string{"image/jpeg"}, MaxBytes: 100},
		{Name: "scan", Title: "Скан", Types: []string{"application/pdf", "image/jpeg"}},
	}
}

func TestAttachmentsAreJudgedByContentAndAllMistakesAreTold(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	jpeg := write("photo.jpg", "\xff\xd8\xff rest")
	pdf := write("scan.pdf", "%PDF-1.7 rest")
	disguised := write("disguised.jpg", "%PDF-1.7 rest")
	large := write("large.jpg", "\xff\xd8\xff"+string(make([]byte, 200)))
	empty := write("empty.jpg", "")
	for _, c := range []struct {
		name  string
		given []string
		want  map[string]string // field → Russian message; empty is no error
	}{
		{"by the names of the files", []string{pdf, jpeg}, nil},
		{"the only required one needs no name", []string{jpeg}, nil},
		{"by name", []string{"photo=" + jpeg, "scan=" + disguised}, nil},
		{"missing", nil, map[string]string{"photo": "не приложен: Фото (--attach photo=файл)"}},
		{"wrong content", []string{"photo=" + disguised}, map[string]string{"photo": "внутри " + disguised + " — PDF, а нужен JPEG (смотрим на содержимое, а не на имя)"}},
		{"too large and no such file", []string{"photo=" + large, "scan=" + filepath.Join(dir, "none")}, map[string]string{
			"photo": "файл " + large + " слишком велик: 203 Б, можно не больше 100 Б", "scan": "файла " + filepath.Join(dir, "none") + " нет"}},
		{"a folder", []string{"photo=" + dir}, map[string]string{"photo": dir + " — папка, а нужен файл"}},
		{"empty", []string{"photo=" + empty}, map[string]string{"photo": "файл " + empty + " пуст"}},
		{"no file named", []string{"photo="}, map[string]string{"photo": "имя файла пусто; нужно --attach имя=файл"}},
		{"a mistyped name", []string{"foto=" + jpeg}, map[string]string{
			"foto=" + jpeg: "непонятно, какой это документ; укажите имя=файл, где имя — одно из: photo, scan", "photo": "не приложен: Фото (--attach photo=файл)"}},
		{"twice", []string{"photo=" + jpeg, "photo=" + jpeg}, map[string]string{"photo": "указан дважды"}},
	} {
		_, err := applications.CheckAttachments(c.given, documents())
		var f *fault.Error
		if !errors.As(err, &f) {
			if len(c.want) > 0 {
				t.Errorf("%s: no error", c.name)
			}
			continue
		}
		got := map[string]string{}
		for _, x := range f.Fields {
			got[x.Name] = x.Message.In(i18n.RU)
		}
		for name, want := range c.want {
			if got[name] != want {
				t.Errorf("%s: %s: got %q, want %q", c.name, name, got[name], want)
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
}

func FuzzSniff(f *testing.F) {
	f.Add([]byte("%PDF-1.4"))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, head []byte) {
		if mime, ext := applications.Sniff(head); mime == "" || ext == "" {
			t.Fatal("no answer")
		}
	})
}
