package tui

import (
	"encoding/base64"
	"strings"
	"testing"
)

// GNU screen joins what is wrapped for it; one string of it has a bound.
func TestATextForTheClipboardIsWrappedForScreenInPiecesThatItTakes(t *testing.T) {
	text := strings.Repeat("УИН 18810177170325189001\n", 100)
	want := "\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(text))
	plain := clipboard(text, func(string) string { return "" })
	if !strings.HasPrefix(plain, want) || strings.Contains(plain, "\x1bP") {
		t.Errorf("without screen: %.40q", plain)
	}
	wrapped := strings.TrimPrefix(clipboard(text, func(name string) string { return map[string]string{"STY": "1.pts-0.host"}[name] }), plain)
	var joined strings.Builder
	for piece := range strings.SplitSeq(strings.TrimSuffix(wrapped, "\x1b\\"), "\x1b\\\x1bP") {
		if len(piece) > 760 {
			t.Errorf("a piece of %d bytes", len(piece))
		}
		joined.WriteString(strings.TrimPrefix(piece, "\x1bP"))
	}
	if joined.String() != plain {
		t.Errorf("screen hands on %.60q", joined.String())
	}
}
