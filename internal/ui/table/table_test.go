package table

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/ui/width"
)

func render(t *testing.T, tb Table) string {
	t.Helper()
	var b bytes.Buffer
	if err := tb.Render(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func duties() Table {
	return Table{
		Columns: []Column{{Title: "УИН"}, {Title: "За что", Wide: true}, {Title: "Орган", Wide: true}, {Title: "Сумма", Right: true}},
		Rows: [][]string{
			{"0001", "Госпошлина за выдачу паспорта", "МВД России", "6\u00a0000,00\u00a0₽"},
			{"188", "日本語", "", "500,00\u00a0₽"},
		},
		Width: 80,
	}
}

func TestColumnsLineUpWithCyrillicAndWideCharacters(t *testing.T) {
	want := "" +
		"УИН   За что                         Орган            Сумма\n" +
		"0001  Госпошлина за выдачу паспорта  МВД России  6\u00a0000,00\u00a0₽\n" +
		"188   日本語                                       500,00\u00a0₽\n"
	if got := render(t, duties()); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestTheHeadingAloneIsPainted(t *testing.T) {
	tb := duties()
	tb.Heading = func(s string) string { return "<" + s + ">" }
	if got := render(t, tb); !strings.HasPrefix(got, "<УИН ") || strings.Count(got, "<") != 1 {
		t.Errorf("got:\n%s", got)
	}
}

func TestANarrowTableWrapsAtWordsAndCutsNothing(t *testing.T) {
	tb := Table{
		Columns: []Column{{Title: "УИН"}, {Title: "За что", Wide: true}, {Title: "Срок, дней"}, {Title: "Сумма", Right: true}},
		Rows: [][]string{
			{"18810177170325189254", "Штраф ГАИ: превышение скорости на 20–40 км/ч", "10", "250,00\u00a0₽"},
			{"18810177170325189262", "Штраф ГАИ: превышение скорости на 40–60 км/ч", "9", "1\u00a0500,00\u00a0₽"},
		},
		Width: 58,
	}
	want := "" +
		"УИН                   За что       Срок, дней       Сумма\n" +
		"18810177170325189254  Штраф ГАИ:   10            250,00\u00a0₽\n" +
		"                      превышение\n" +
		"                      скорости на\n" +
		"                      20–40 км/ч\n" +
		"18810177170325189262  Штраф ГАИ:   9           1\u00a0500,00\u00a0₽\n" +
		"                      превышение\n" +
		"                      скорости на\n" +
		"                      40–60 км/ч\n"
	if got := render(t, tb); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	tb.Width = 54 // titles wrap, too, before a card is drawn instead
	if got := render(t, tb); !tb.Fits() || !strings.Contains(got, "Срок,") || !strings.Contains(got, "1\u00a0500,00\u00a0₽") {
		t.Errorf("got:\n%s", got)
	}
}

func TestWideCellsGoBelowTheirRowWhereTheyHaveNoRoomBesideIt(t *testing.T) {
	tb := duties()
	tb.Width = 30
	tb.Heading = func(s string) string { return "<" + s + ">" }
	want := "" +
		"<УИН        Сумма>\n" +
		"<  За что · Орган>\n" +
		"0001  6\u00a0000,00\u00a0₽\n" +
		"  Госпошлина за выдачу\n" +
		"  паспорта · МВД России\n" +
		"188     500,00\u00a0₽\n" +
		"  日本語\n"
	if got := render(t, tb); !tb.Fits() || got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestOnlyWideColumnsGiveWayAndATableThatCannotFitSaysSo(t *testing.T) {
	for cols, fits := range map[int]bool{80: true, 60: true, 46: true, 40: true, 15: false, 1: false} {
		tb := duties()
		tb.Width = cols
		if tb.Fits() != fits {
			t.Errorf("%d columns: fits is %v", cols, tb.Fits())
			continue
		}
		out := render(t, tb)
		if !strings.Contains(out, "6\u00a0000,00\u00a0₽") || !strings.Contains(out, "0001") {
			t.Errorf("%d columns: a whole column was cut:\n%s", cols, out)
		}
		for line := range strings.Lines(out) {
			if fits && width.String(strings.TrimSuffix(line, "\n")) > cols {
				t.Errorf("%d columns: a line takes %d: %q", cols, width.String(line), line)
			}
		}
	}
}

func TestSpacesInsideCellsAndMissingCellsAreHarmless(t *testing.T) {
	tb := Table{Columns: []Column{{Title: "A"}, {Title: "B"}}, Rows: [][]string{{"  x  y"}, {"1", "2", "3"}, {}}, Width: 80}
	if got := render(t, tb); got != "A       B\n  x  y\n1       2\n\n" {
		t.Errorf("got %q", got)
	}
	empty := Table{Width: 80}
	if got := render(t, empty); got != "" {
		t.Errorf("got %q", got)
	}
}

func BenchmarkRenderOneThousandRows(b *testing.B) {
	tb := duties()
	for i := range 1000 {
		tb.Rows = append(tb.Rows, []string{fmt.Sprint(i), "Госпошлина за выдачу паспорта гражданина", "МВД", "1,00"})
	}
	for b.Loop() {
		if err := tb.Render(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

// The locale is read once, when the program starts: the table is drawn by this very
// test in a process of its own.
func TestColumnsLineUpUnderAChineseLocale(t *testing.T) {
	const inner = "EPGU_TABLE_UNDER_LOCALE"
	tb := duties()
	if os.Getenv(inner) != "" {
		if err := tb.Render(os.Stdout); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, locale := range []string{"zh_CN.UTF-8", "ja_JP.UTF-8", "ko_KR.UTF-8"} {
		cmd := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), inner+"=1", "LC_ALL="+locale, "RUNEWIDTH_EASTASIAN=")
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if want := render(t, tb); !strings.HasPrefix(string(out), want) {
			t.Errorf("%s:\n%swant\n%s", locale, out, want)
		}
	}
}
