package drafts

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCommentsOfADraftAreKeptUntilItIsNoMore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "drafts")
	s := &Store{Dir: dir}
	if got := s.Comments("d/../1"); got != nil {
		t.Error(got)
	}
	want := map[string]string{"": "# семья", "children[0].name": "# как в свидетельстве"}
	if err := s.Keep("d/../1", want); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, s.Comments("d/../1")); d != "" {
		t.Error(d)
	}
	if s.Comments("d2") != nil {
		t.Error("another draft has the same comments")
	}
	if outside, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), "*.json")); len(outside) > 0 {
		t.Errorf("%v lie outside the folder", outside)
	}
	s.Forget("d/../1")
	if got := s.Comments("d/../1"); got != nil {
		t.Error(got)
	}
}

func TestCommentsThatCannotBeReadAreNone(t *testing.T) {
	s := &Store{Dir: t.TempDir()}
	if err := os.WriteFile(filepath.Join(s.Dir, "d1.json"), []byte("{half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := s.Comments("d1"); got != nil {
		t.Error(got)
	}
}

func TestEachTextIsEditedInAFileOfItsOwn(t *testing.T) {
	s := &Store{Dir: filepath.Join(t.TempDir(), "new")}
	first, err := s.Scratch("d1", []byte("a: 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Scratch("d1", []byte("a: 2\n"))
	if err != nil || first == second {
		t.Fatal(first, second, err)
	}
	if b, err := os.ReadFile(first); string(b) != "a: 1\n" {
		t.Errorf("%q %v", b, err)
	}
}

func TestFilesOfADraftAreKeptBesideItsComments(t *testing.T) {
	s := &Store{Dir: filepath.Join(t.TempDir(), "drafts")}
	want := map[string]string{"photo": "/home/me/фото.jpg"}
	if err := s.KeepFiles("d1", want); err != nil {
		t.Fatal(err)
	}
	if err := s.Keep("d1", map[string]string{"": "# x"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Keep("d1", nil); err != nil { // comments end, files stay
		t.Fatal(err)
	}
	if d := cmp.Diff(want, s.Files("d1")); d != "" || s.Comments("d1") != nil || s.Files("d2") != nil {
		t.Error(d, s.Comments("d1"), s.Files("d2"))
	}
	if err := s.KeepFiles("d1", nil); err != nil || s.Files("d1") != nil {
		t.Error(s.Files("d1"), err)
	}
	if err := s.KeepFiles("d1", nil); err != nil {
		t.Error(err)
	}
	if err := s.KeepFiles("d1", want); err != nil {
		t.Fatal(err)
	}
	if s.Forget("d1"); s.Files("d1") != nil {
		t.Error("forgotten, and still there")
	}
}

func TestTextsThatWereLeftAreFoundTheLatestFirst(t *testing.T) {
	s := &Store{Dir: filepath.Join(t.TempDir(), "drafts")}
	if got := s.Left("d1"); got != nil {
		t.Error(got)
	}
	var want []string
	for n := range 3 {
		path, err := s.Scratch("d1", []byte("a: 1\n"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Unix(int64(100+n), 0), time.Unix(int64(100+n), 0)); err != nil {
			t.Fatal(err)
		}
		want = append([]string{path}, want...)
	}
	for _, other := range []string{"d12", "d1-x", "d"} {
		if _, err := s.Scratch(other, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Keep("d1", map[string]string{"": "# x"}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, s.Left("d1")); d != "" {
		t.Error(d)
	}
}
