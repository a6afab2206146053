package output

import (
	"bufio"
	"io"
	"iter"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/ui/pager"
)

// Page says how much of a list is shown. The zero Page is the whole list.
type Page struct {
	Total   int  // how many there are; 0 with items means as many as shown, negative means unknown
	HasMore bool // there are more than shown
}

// settle fills in what follows from the number of items shown.
func (p Page) settle(shown int) Page {
	if p.Total >= 0 && p.Total < shown {
		p.Total = shown
		if p.HasMore { // more than shown, but nobody said how many
			p.Total = -1
		}
	}
	if p.Total > shown {
		p.HasMore = true
	}
	return p
}

// sink takes the rows of one form.
type sink interface {
	// row takes the values of one item, in the order of the chosen fields.
	row(values []any) error
	// end finishes the document and returns what may follow on stderr.
	end(page Page) error
}

func readerOf(ios *iostreams.IOStreams) reader { return reader{ios.Lang, ios.Location} }

// List prints items in the form the user chose. JSON is one object
// {"items":[…],"total":N,"hasMore":bool}; total is null when it is unknown.
// When the list is not the whole one, stderr says so.
func List[T any](ios *iostreams.IOStreams, o *Options, view View[T], items []T, page Page) error {
	return Stream(ios, o, view, func(yield func(T, error) bool) {
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}, func() Page { return page })
}

// Stream is List for items that arrive one by one. CSV, NDJSON and
// tab-separated lines are written as items come; the other forms need them
// all first. An error of the sequence ends the output and is returned; page
// is asked after the last item and may be nil for "the whole list".
func Stream[T any](ios *iostreams.IOStreams, o *Options, view View[T], items iter.Seq2[T, error], page func() Page) error {
	var p Page
	shown := 0
	if err := pager.Run(ios, func(w io.Writer) error {
		bw := bufio.NewWriterSize(w, 32<<10)
		s, idx := newSink(ios, o, view, bw, true)
		values := make([]any, len(idx))
		for item, err := range items {
			if err != nil {
				if flushErr := bw.Flush(); flushErr != nil {
					return flushErr
				}
				return err
			}
			for i, f := range idx {
				values[i] = view.Fields[f].Value(item)
			}
			if err := s.row(values); err != nil {
				return err
			}
			shown++
		}
		if page != nil {
			p = page()
		}
		p = p.settle(shown)
		if err := s.end(p); err != nil {
			return err
		}
		return bw.Flush()
	}); err != nil {
		return err
	}
	if note := o.note(ios, shown, p); !note.IsZero() {
		ios.Note(note)
	}
	return nil
}

// note is what stderr says after a list.
func (o *Options) note(ios *iostreams.IOStreams, shown int, p Page) i18n.Message {
	switch {
	case o.form == formJSON: // hasMore says it
		return i18n.Message{}
	case p.HasMore && p.Total > 0:
		return i18n.Text{RU: "показано %d из %d, все: --all", EN: "%d of %d shown, all of them: --all"}.With(shown, p.Total)
	case p.HasMore:
		return i18n.Text{RU: "показано %d, есть ещё; все: --all", EN: "%d shown, there are more; all of them: --all"}.With(shown)
	case shown == 0 && o.form == formHuman && ios.IsStdoutTTY():
		return i18n.Say("ничего не найдено", "nothing found")
	}
	return i18n.Message{}
}

// Object prints one item: all fields as "title: value" on a terminal, name
// and value separated by a tab in a pipe, a plain object in JSON.
func Object[T any](ios *iostreams.IOStreams, o *Options, view View[T], item T) error {
	return pager.Run(ios, func(w io.Writer) error {
		bw := bufio.NewWriter(w)
		s, idx := newSink(ios, o, view, bw, false)
		values := make([]any, len(idx))
		for i, f := range idx {
			values[i] = view.Fields[f].Value(item)
		}
		if err := s.row(values); err != nil {
			return err
		}
		if err := s.end(Page{}); err != nil {
			return err
		}
		return bw.Flush()
	})
}

// Feed prints events one by one as they happen, each at once: for commands
// that watch. --json and --ndjson give one object per line.
type Feed[T any] struct {
	view View[T]
	idx  []int
	sink sink
	bw   *bufio.Writer
}

// NewFeed returns a feed to stdout.
func NewFeed[T any](ios *iostreams.IOStreams, o *Options, view View[T]) *Feed[T] {
	bw := bufio.NewWriter(ios.Out)
	lines := *o
	switch {
	case o.form == formJSON:
		lines.form = formNDJSON
	case o.form == formHuman && ios.IsStdoutTTY():
		idx := view.pick(o.fields(view.Default))
		return &Feed[T]{view, idx, &lineSink{w: bw, r: readerOf(ios)}, bw}
	}
	s, idx := newSink(ios, &lines, view, bw, true)
	if lines.form == formJQ || lines.form == formTemplate {
		s = &eachSink{ios: ios, o: &lines, w: bw, names: namesOf(view, idx)}
	}
	return &Feed[T]{view, idx, s, bw}
}

// Put prints one event and flushes it.
func (f *Feed[T]) Put(item T) error {
	values := make([]any, len(f.idx))
	for i, n := range f.idx {
		values[i] = f.view.Fields[n].Value(item)
	}
	if err := f.sink.row(values); err != nil {
		return err
	}
	return f.bw.Flush()
}

func namesOf[T any](view View[T], idx []int) []string {
	names := make([]string, len(idx))
	for i, f := range idx {
		names[i] = view.Fields[f].Name
	}
	return names
}

// newSink chooses the sink and the fields for the form that o asks for.
func newSink[T any](ios *iostreams.IOStreams, o *Options, view View[T], w io.Writer, list bool) (sink, []int) {
	r := readerOf(ios)
	var idx []int
	switch {
	case o.form != formHuman, !list:
		idx = view.pick(o.fields(nil))
	default:
		idx = view.pick(o.fields(view.Default))
	}
	names := namesOf(view, idx)
	switch o.form {
	case formJSON, formJQ, formTemplate:
		return &docSink{ios: ios, o: o, w: w, r: r, names: names, list: list}, idx
	case formNDJSON:
		return &ndjsonSink{w: w, r: r, names: names}, idx
	case formCSV:
		return newCSVSink(w, r, names, o), idx
	}
	if !ios.IsStdoutTTY() {
		if list {
			return &tabSink{w: w, r: r}, idx
		}
		return &pairSink{w: w, r: r, names: names}, idx
	}
	h := humanSink{ios: ios, w: w, r: r, list: list}
	for _, f := range idx {
		h.cols = append(h.cols, humanColumn{
			title: view.Fields[f].Title.In(ios.Lang), wide: view.Fields[f].Wide, lines: view.Fields[f].Lines && !list,
		})
	}
	return &h, idx
}
