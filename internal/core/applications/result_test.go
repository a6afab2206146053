package applications

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/portal/gusmev"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/safepath"
)

// shelf gives the files of one order; a link that is not on it breaks off half way.
type shelf struct {
	order *wire.Order
	files map[string]string
}

func (s shelf) Order(context.Context, int64, bool) (*gusmev.OrderInfo, error) {
	return &gusmev.OrderInfo{Order: s.order, Code: "OK"}, nil
}

func (s shelf) Download(_ context.Context, from gusmev.Source, w io.Writer, _ int64) (int64, error) {
	content, ok := s.files[from.Link]
	if !ok {
		_, _ = io.WriteString(w, "half")
		return 4, errors.New("cut off")
	}
	n, err := io.WriteString(w, content)
	return int64(n), err
}

func TestAResultIsSavedFileByFile(t *testing.T) {
	dir := t.TempDir()
	s := shelf{&wire.Order{ResponseFiles: []wire.File{{FileName: "a.pdf", Link: "1"}, {FileName: "a.pdf", Link: "2"}}, AttachmentFiles: []wire.File{{FileName: "photo.jpg", Link: "3"}}},
		map[string]string{"1": "one", "2": "two!", "3": "photo"}}
	got, err := SaveResult(t.Context(), s, 1, dir, SaveOptions{Policy: safepath.Number})
	if err != nil || len(got) != 2 || got[0].Size != 3 || got[1].Size != 4 || got[0].Path == got[1].Path {
		t.Fatalf("%+v: %v", got, err)
	}
	if b, err := os.ReadFile(got[1].Path); err != nil || string(b) != "two!" {
		t.Errorf("%q: %v", b, err)
	}
	got, err = SaveResult(t.Context(), s, 1, dir, SaveOptions{Attachments: true, Policy: safepath.Overwrite})
	if err != nil || len(got) != 3 || filepath.Base(got[2].Path) != "photo.jpg" {
		t.Errorf("with attachments: %+v: %v", got, err)
	}
}

func TestOfAResultThatBreaksOffTheWholeFilesStay(t *testing.T) {
	dir := t.TempDir()
	s := shelf{&wire.Order{ResponseFiles: []wire.File{{FileName: "a.pdf", Link: "1"}, {FileName: "b.pdf", Link: "absent"}}}, map[string]string{"1": "one"}}
	got, err := SaveResult(t.Context(), s, 1, dir, SaveOptions{Policy: safepath.Number})
	if err == nil || len(got) != 1 {
		t.Errorf("%+v: %v", got, err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("there lie %v", left)
	}
	_, err = SaveResult(t.Context(), shelf{order: &wire.Order{}}, 1, dir, SaveOptions{})
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != "application.no_result" {
		t.Errorf("nothing to save: %v", err)
	}
}

func TestASignatureIsSavedBesideTheFileAndAWrongOneIsTold(t *testing.T) {
	dir := t.TempDir()
	s := shelf{&wire.Order{ResponseFiles: []wire.File{{FileName: "a.pdf", Link: "1"}, {FileName: "a.pdf.sig", Link: "2"}, {FileName: "b.pdf", Link: "3"}}},
		map[string]string{"1": "one", "2": "no signature", "3": "two"}}
	got, err := SaveResult(t.Context(), s, 1, dir, SaveOptions{Names: []string{"a.pdf"}, RootPEM: "root", Policy: safepath.Number})
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != "signature.invalid" || f.Exit != exitcode.Refused || len(got) != 3 {
		t.Fatalf("%+v: %v", got, err)
	}
	if got[1].Path != got[0].Path+".sig" || filepath.Base(got[2].Path) != "a.pdf.root.pem" {
		t.Errorf("%s, %s", got[1].Path, got[2].Path)
	}
	if _, err = SaveResult(t.Context(), s, 1, dir, SaveOptions{Names: []string{"c.pdf"}}); !errors.As(err, &f) || f.Code != "application.no_file" {
		t.Errorf("a name that is not there: %v", err)
	}
}

func TestAFileThatIsShorterThanPromisedIsNotKept(t *testing.T) {
	dir := t.TempDir()
	s := shelf{&wire.Order{ResponseFiles: []wire.File{{FileName: "a.pdf", Link: "1", FileSize: 9}}}, map[string]string{"1": "one"}}
	_, err := SaveResult(t.Context(), s, 1, dir, SaveOptions{})
	var f *fault.Error
	if left, _ := os.ReadDir(dir); !errors.As(err, &f) || f.Code != "application.file_cut" || len(left) != 0 {
		t.Errorf("%v, there lie %v", err, left)
	}
}
