package application

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/epgu-cli/epgu/internal/core/forms"
)

// What an editor leaves may be of any size: no more of it is held in memory than
// is needed to see that it is too much.
func TestOfAHugeTextOnlyTheBeginningIsHeld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "huge.yaml")
	if err := os.WriteFile(path, []byte("a: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 1<<30); err != nil {
		t.Fatal(err)
	}
	b, err := typedText(path)
	if err != nil || len(b) != forms.MaxValuesBytes+1 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}
