package listing

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

func numbers() output.View[int] {
	return output.View[int]{Fields: []output.Field[int]{{Name: "n", Title: i18n.Text{RU: "Число", EN: "Number"}, Value: func(n int) any { return n }}}}
}

// run runs a list of so many numbers, given in pages of 3.
func run(t *testing.T, limit, have int, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	ios := iostreams.System()
	var out, errOut bytes.Buffer
	ios.Out, ios.ErrOut, ios.Lang = &out, &errOut, i18n.EN
	f := &factory.Factory{IO: ios, Lang: i18n.EN, Connect: func(context.Context) (*factory.Connection, error) { return &factory.Connection{}, nil }}
	l := List[int]{View: numbers(), Limit: limit, Get: Paged(func(_ context.Context, _ *factory.Connection, q cabinet.PageQuery) (*wire.Page[int], error) {
		from, _ := strconv.Atoi(q.Cursor)
		p := &wire.Page[int]{Total: have}
		for n := from; n < min(from+3, from+q.Limit, have); n++ {
			p.Items = append(p.Items, n)
		}
		if next := from + len(p.Items); next < have {
			p.NextCursor = strconv.Itoa(next)
		}
		return p, nil
	})}
	if limit == 0 {
		l.Get = Whole(func(context.Context, *factory.Connection) ([]int, error) { return make([]int, have), nil })
	}
	cmd := Command(f, &cobra.Command{Use: "list", SilenceErrors: true, SilenceUsage: true}, l)
	cmd.SetArgs(args)
	err = cmd.ExecuteContext(t.Context())
	return out.String(), errOut.String(), err
}

func TestAListStopsAtItsLimitAndSaysThatThereIsMore(t *testing.T) {
	for _, c := range []struct {
		limit, have int
		args        []string
		want        int
		more        bool
	}{
		{limit: 5, have: 11, want: 5, more: true},
		{limit: 5, have: 5, want: 5},
		{limit: 5, have: 0, want: 0},
		{limit: 5, have: 11, args: []string{"-L", "7"}, want: 7, more: true},
		{limit: 5, have: 11, args: []string{"--all"}, want: 11},
		{limit: 0, have: 11, want: 11},
	} {
		out, note, err := run(t, c.limit, c.have, c.args...)
		if got := strings.Count(out, "\n"); err != nil || got != c.want || strings.Contains(note, "--all") != c.more {
			t.Errorf("%d of %d with %v: %d lines, note %q, %v", c.limit, c.have, c.args, got, note, err)
		}
	}
	out, _, err := run(t, 2, 3, "--json")
	if want := `{"items":[{"n":0},{"n":1}],"total":3,"hasMore":true}` + "\n"; err != nil || out != want {
		t.Errorf("--json: %s, %v", out, err)
	}
}

func TestAListThatIsGivenWholeHasNoLimit(t *testing.T) {
	for _, args := range [][]string{{"--all"}, {"-L", "3"}, {"word"}} {
		if _, _, err := run(t, 0, 1, args...); err == nil {
			t.Errorf("%v was taken", args)
		}
	}
	if _, _, err := run(t, 5, 9, "-L", "3", "--all"); err == nil {
		t.Error("--limit and --all were taken together")
	}
}

func TestAFailedAnswerPrintsNothing(t *testing.T) {
	broken := errors.New("broken")
	items, _, err := Whole(func(context.Context, *factory.Connection) ([]int, error) { return nil, broken })(t.Context(), nil, 3)
	if !errors.Is(err, broken) || items != nil {
		t.Errorf("%v, %v", items, err)
	}
}
