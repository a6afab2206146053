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
	return printList(ios, o, view.shape(), len(items), func(n, field int) any { return view.Fields[field].Value(items[n]) }, page)
}

// printList is what List does for whatever type: code that is made for each type
// anew is kept small.
func printList(ios *iostreams.IOStreams, o *Options, v shape, count int, value func(n, field int) any, page Page) error {
	return paged(ios, o, v, func(p *printer) (Page, error) {
		for n := range count {
			if err := p.row(func(field int) any { return value(n, field) }); err != nil {
				return page, err
			}
		}
		return page, nil
	})
}

// Stream is List for items that arrive one by one. CSV, NDJSON and
// tab-separated lines are written as items come; the other forms need them
// all first. An error of the sequence ends the output and is returned; page
// is asked after the last item and may be nil for "the whole list".
func Stream[T any](ios *iostreams.IOStreams, o *Options, view View[T], items iter.Seq2[T, error], page func() Page) error {
	return paged(ios, o, view.shape(), func(p *printer) (Page, error) {
		for item, err := range items {
			if err != nil {
				if flushErr := p.bw.Flush(); flushErr != nil {
					err = flushErr
				}
				return Page{}, err
			}
			if err := p.row(func(field int) any { return view.Fields[field].Value(item) }); err != nil {
				return Page{}, err
			}
		}
		if page == nil {
			return Page{}, nil
		}
		return page(), nil
	})
}

// paged prints the rows of a list through the pager, and the note after it.
func paged(ios *iostreams.IOStreams, o *Options, v shape, rows func(*printer) (Page, error)) error {
	var page Page
	shown := 0
	if err := pager.Run(ios, func(w io.Writer) error {
		p := newPrinter(ios, o, v, w, true)
		all, err := rows(p)
		if err != nil {
			return err
		}
		shown, page = p.shown, all.settle(p.shown)
		if err := p.sink.end(page); err != nil {
			return err
		}
		return p.bw.Flush()
	}); err != nil {
		return err
	}
	if note := o.note(ios, shown, page); !note.IsZero() {
		ios.Note(note)
	}
	return nil
}

// printer prints the items of one list or one object.
type printer struct {
	bw     *bufio.Writer
	sink   sink
	idx    []int // of the fields shown
	values []any
	shown  int
}

func newPrinter(ios *iostreams.IOStreams, o *Options, v shape, w io.Writer, list bool) *printer {
	p := &printer{bw: bufio.NewWriterSize(w, 32<<10)}
	p.sink, p.idx = newSink(ios, o, v, p.bw, list)
	p.values = make([]any, len(p.idx))
	return p
}

func (p *printer) row(value func(field int) any) error {
	for i, field := range p.idx {
		p.values[i] = value(field)
	}
	p.shown++
	return p.sink.row(p.values)
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
	return printObject(ios, o, view.shape(), func(field int) any { return view.Fields[field].Value(item) })
}

func printObject(ios *iostreams.IOStreams, o *Options, v shape, value func(field int) any) error {
	return pager.Run(ios, func(w io.Writer) error {
		p := newPrinter(ios, o, v, w, false)
		if err := p.row(value); err != nil {
			return err
		}
		if err := p.sink.end(Page{}); err != nil {
			return err
		}
		return p.bw.Flush()
	})
}

// Feed prints events one by one as they happen, each at once: for commands
// that watch. --json and --ndjson give one object per line.
type Feed[T any] struct {
	view View[T]
	p    *printer
}

// NewFeed returns a feed to stdout.
func NewFeed[T any](ios *iostreams.IOStreams, o *Options, view View[T]) *Feed[T] {
	return &Feed[T]{view, newFeed(ios, o, view.shape())}
}

func newFeed(ios *iostreams.IOStreams, o *Options, v shape) *printer {
	p := &printer{bw: bufio.NewWriter(ios.Out)}
	lines := *o
	if o.form == formJSON {
		lines.form = formNDJSON
	}
	if o.form == formHuman && ios.IsStdoutTTY() {
		p.idx = v.pick(o.fields(v.byDefault))
		p.sink = &lineSink{w: p.bw, r: readerOf(ios)}
	} else {
		p.sink, p.idx = newSink(ios, &lines, v, p.bw, true)
		if lines.form == formJQ || lines.form == formTemplate {
			p.sink = &eachSink{ios: ios, o: &lines, w: p.bw, names: v.names(p.idx)}
		}
	}
	p.values = make([]any, len(p.idx))
	return p
}

// Put prints one event and flushes it.
func (f *Feed[T]) Put(item T) error {
	if err := f.p.row(func(field int) any { return f.view.Fields[field].Value(item) }); err != nil {
		return err
	}
	return f.p.bw.Flush()
}

// newSink chooses the sink and the fields for the form that o asks for.
func newSink(ios *iostreams.IOStreams, o *Options, v shape, w io.Writer, list bool) (sink, []int) {
	r := readerOf(ios)
	var idx []int
	switch {
	case o.form != formHuman, !list:
		idx = v.pick(o.fields(nil))
	default:
		idx = v.pick(o.fields(v.byDefault))
	}
	names := v.names(idx)
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
			title: v.fields[f].title.In(ios.Lang), wide: v.fields[f].wide, lines: v.fields[f].lines && !list,
		})
	}
	return &h, idx
}
