package forms_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	gusmev "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/dictionaries"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// today is the day on which the walks are made, that of the portal's clock.
const today = "2026-09-01"

// shelves are the dictionaries of the embedded portal, read beside it.
type shelves struct{}

func (shelves) Find(_ context.Context, code, parent, text string, limit int) (out []forms.DictionaryEntry, more bool, err error) {
	all, err := dictionaries.All()
	if err != nil {
		return nil, false, err
	}
	d := all[code]
	for i := range d.Entries {
		e := &d.Entries[i]
		if d.Under(e, parent) && strings.Contains(e.Title.RU, text) && len(out) < limit {
			out = append(out, forms.DictionaryEntry{Value: e.Value, Title: untrusted.Text(e.Title.RU), Parent: e.Parent, Leaf: d.Leaf(e.Value)})
		}
	}
	return out, false, nil
}

func (shelves) Entry(_ context.Context, code, value string) (forms.DictionaryEntry, bool, error) {
	all, err := dictionaries.All()
	if err != nil {
		return forms.DictionaryEntry{}, false, err
	}
	e := all[code].Entry(value)
	if e == nil {
		return forms.DictionaryEntry{}, false, nil
	}
	return forms.DictionaryEntry{Value: e.Value, Title: untrusted.Text(e.Title.RU), Parent: e.Parent, Leaf: all[code].Leaf(value)}, true, nil
}

// walk is one way through a form.
type walk struct {
	name   string
	wish   map[string]string // path in the form → the answer
	counts map[string]int    // path of a list in the form → items, where not 1
	bare   bool              // nothing that may be left out
}

// walks are ways that together take every branch of a form: each answer of each
// question that has a few, both sides of each bound, none, one and the most of
// each repeated group.
func walks(s *catalog.Service) []walk {
	out := []walk{{name: "everything"}, {name: "what must be", bare: true}}
	var each func(fields []catalog.Field, at string, above map[string]string)
	each = func(fields []catalog.Field, at string, above map[string]string) {
		for i := range fields {
			f := &fields[i]
			path := strings.TrimPrefix(at+"."+f.Name, ".")
			wish := clone(above)
			meet(s, f.When, wish)
			add := func(value string) {
				w := clone(wish)
				w[path] = value
				out = append(out, walk{name: path + "=" + value, wish: w})
			}
			for _, c := range f.Choices {
				add(c.Value)
			}
			switch f.Type {
			case "boolean":
				add("true")
				add("false")
			case "object":
				each(f.Fields, path, wish)
			case "list":
				most := most(s, f, path)
				for _, n := range []int{0, 1, most} {
					if n == 0 && (f.Required || f.MinItems > 0) || n < f.MinItems {
						continue
					}
					out = append(out, walk{name: fmt.Sprintf("%s × %d", path, n), wish: wish, counts: map[string]int{path: n}})
				}
				each(f.Fields, path+"[]", wish)
			}
			for _, c := range bounds(f.When, nil) {
				for _, v := range []*int64{c.Min, c.Max} {
					for d := int64(-1); v != nil && d <= 1; d++ {
						w := clone(above)
						reach(s, c.Field, strconv.FormatInt(*v+d, 10), w)
						out = append(out, walk{name: fmt.Sprintf("%s=%d", c.Field, *v+d), wish: w})
					}
				}
			}
		}
	}
	each(s.Fields, "", nil)
	return out
}

// most is how many items a list takes: of a list of different entries of a
// dictionary no more than there are beside the two that others may have.
func most(s *catalog.Service, f *catalog.Field, path string) int {
	n := f.MaxItems
	if n == 0 {
		n = 20
	}
	for _, r := range s.Rules {
		list, name, _ := strings.Cut(r.At, "[].")
		if inner := s.Field(r.At); r.Kind == "unique" && list == path && name != "" && inner != nil && inner.Dictionary != nil {
			if all, err := dictionaries.All(); err == nil {
				n = min(n, len(all[inner.Dictionary.Code].Entries)-2)
			}
		}
	}
	return n
}

func clone(m map[string]string) map[string]string {
	out := make(map[string]string, len(m)+1)
	for k, v := range m {
		out[k] = v
	}
	return out
}

// bounds are the conditions on numbers within one.
func bounds(c *catalog.Condition, out []catalog.Condition) []catalog.Condition {
	if c == nil {
		return out
	}
	if c.Min != nil || c.Max != nil {
		out = append(out, *c)
	}
	for i := range c.All {
		out = bounds(&c.All[i], out)
	}
	for i := range c.Any {
		out = bounds(&c.Any[i], out)
	}
	return out
}

// meet adds to a wish what makes a condition hold.
func meet(s *catalog.Service, c *catalog.Condition, wish map[string]string) {
	if c == nil {
		return
	}
	switch {
	case len(c.In) > 0:
		if v, there := wish[c.Field]; !there || !slices.Contains(c.In, v) {
			reach(s, c.Field, c.In[0], wish)
		}
	case len(c.NotIn) > 0:
		for _, o := range s.Field(c.Field).Choices {
			if !slices.Contains(c.NotIn, o.Value) {
				reach(s, c.Field, o.Value, wish)
				break
			}
		}
	case c.Min != nil:
		reach(s, c.Field, strconv.FormatInt(*c.Min, 10), wish)
	case c.Max != nil:
		reach(s, c.Field, strconv.FormatInt(*c.Max, 10), wish)
	}
	for i := range c.All {
		meet(s, &c.All[i], wish)
	}
	if len(c.Any) > 0 {
		meet(s, &c.Any[0], wish)
	}
}

// reach adds to a wish that a field has a value, and what makes it be asked; an
// age is had by a birth date.
func reach(s *catalog.Service, path, value string, wish map[string]string) {
	f := s.Field(path)
	if f.Compute != nil && f.Compute.Kind == "age" {
		years, _ := strconv.Atoi(value)
		day, _ := time.Parse(time.DateOnly, today)
		path, value = f.Compute.Of, day.AddDate(-years, 0, 0).Format(time.DateOnly)
		f = s.Field(path)
	}
	wish[path] = value
	meet(s, f.When, wish)
}

// walker answers a form as a walk wishes and notes what it was asked.
type walker struct {
	walk
	x     *forms.Filling
	done  map[string]bool
	added map[string]int
	taken map[string]int // example → variants of it that were tried
}

func schemaName(path string) string {
	var b strings.Builder
	for _, r := range path {
		if r < '0' || r > '9' || !strings.HasSuffix(b.String(), "[") {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func (w *walker) run(t *testing.T, s *catalog.Service) {
	t.Helper()
	for range 60 {
		if w.pass(t) {
			continue
		}
		w.share(t, s)
		wrong, err := w.x.Problems(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(wrong) == 0 || !w.again(t, wrong) {
			return
		}
	}
	t.Fatal("the form asks without end")
}

// again answers anew what is wrong beside later answers: one's own number given
// for the spouse's.
func (w *walker) again(t *testing.T, wrong []fault.Field) bool {
	t.Helper()
	bad := map[string]bool{}
	for _, f := range wrong {
		bad[f.Name] = true
	}
	changed := false
	for _, s := range w.x.Steps() {
		for _, f := range s.Entries {
			if _, wished := w.wish[schemaName(f.Path)]; f.Kind != forms.KindField || !bad[f.Path] || wished {
				continue
			}
			for _, typed := range w.candidates(t, f) {
				if fmt.Sprint(f.Value) != typed && w.x.Set(t.Context(), f.Path, typed) == nil {
					changed = true
					break
				}
			}
		}
	}
	return changed
}

// pass answers what is asked and unanswered, and reports whether anything was.
func (w *walker) pass(t *testing.T) bool {
	t.Helper()
	did := false
	for _, s := range w.x.Steps() {
		for _, f := range s.Entries {
			name := schemaName(f.Path)
			switch f.Kind {
			case forms.KindList:
				n, told := w.counts[name]
				if !told && (f.Required || !w.bare) {
					n = max(1, f.Field.MinItems)
				}
				for ; w.added[f.Path] < n; w.added[f.Path]++ {
					if _, err := w.x.AddItem(f.Path, nil); err != nil {
						t.Fatal(err)
					}
					did = true
				}
			case forms.KindField:
				_, wished := w.wish[name]
				if w.done[f.Path] || f.Field.Computed != nil || w.bare && !f.Required && !wished {
					continue
				}
				w.done[f.Path] = true
				w.answer(t, f)
				did = true
			}
		}
	}
	return did
}

// answer gives the first answer that fits.
func (w *walker) answer(t *testing.T, f forms.Entry) {
	t.Helper()
	var last error
	for _, typed := range w.candidates(t, f) {
		if f.Field.Check != "" && typed != f.Field.Example {
			w.taken[f.Field.Example]++
		}
		if last = w.x.Set(t.Context(), f.Path, typed); last == nil {
			return
		}
	}
	if f.Required {
		t.Errorf("%s: nothing fits: %v", f.Path, last)
	}
}

func (w *walker) candidates(t *testing.T, f forms.Entry) []string {
	t.Helper()
	var out []string
	if v, ok := w.wish[schemaName(f.Path)]; ok {
		out = append(out, v)
	}
	if f.Field.Dictionary != nil && f.Field.Example != "" {
		out = append(out, f.Field.Example) // not every region has an office in training
	}
	choices, _, err := w.x.Choices(t.Context(), f.Path, "", 80)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range choices {
		out = append(out, fmt.Sprint(c.Value))
	}
	if len(choices) > 0 {
		return out
	}
	switch {
	case f.Field.Type == "boolean":
		return append(out, "true", "false")
	case f.Field.Format == "date":
		day, _ := time.Parse(time.DateOnly, today)
		for _, days := range []int{0, -30, -400, -1500, -3000, -5500, -8000, -12000, 1, 15, 40, 100, 400} {
			out = append(out, day.AddDate(0, 0, days+len(w.done)%7).Format(time.DateOnly), day.AddDate(0, 0, days).Format(time.DateOnly))
		}
		return out
	case f.Field.Type == "integer":
		if f.Field.Example != "" {
			out = append(out, f.Field.Example)
		}
		if f.Field.Minimum != nil {
			out = append(out, f.Field.Minimum.String())
		}
		return append(out, "1", "3", "100", "2020", "2021", "2022", "2023", "2024", "2025")
	}
	return append(out, other(f.Field.Example, w.taken[f.Field.Example])...)
}

// other are an example and texts like it: letters stay, digits differ. Those
// that were tried before are passed over.
func other(example string, from int) []string {
	var out []string
	if example != "" && from == 0 {
		out = append(out, example)
	}
	for n := max(from, 1); n < from+300 && strings.ContainsAny(example, "0123456789"); n++ {
		b, rest := []byte(example), n
		for i := len(b) - 1; i >= 0 && rest > 0; i-- {
			if b[i] >= '0' && b[i] <= '9' {
				d := int(b[i]-'0') + rest%10
				b[i], rest = byte('0'+d%10), rest/10
			}
		}
		out = append(out, string(b))
	}
	return append(out, "Учебное значение", "Другое значение", "Иное", "AB")
}

// share makes the sums come out that the rules of a form ask for.
func (w *walker) share(t *testing.T, s *catalog.Service) {
	t.Helper()
	for _, r := range s.Rules {
		if r.Kind != "sum" {
			continue
		}
		list, field, _ := strings.Cut(r.At, "[].")
		if n := int64(w.added[list]); n > 0 {
			for i := range n {
				part := *r.Equals / n
				if i == 0 {
					part += *r.Equals % n
				}
				if err := w.x.Set(t.Context(), fmt.Sprintf("%s[%d].%s", list, i, field), strconv.FormatInt(part, 10)); err != nil {
					t.Logf("%s: %v", r.At, err)
				}
			}
		}
	}
}

// clerk hands applications in at an embedded portal.
type clerk struct {
	*portaltest.Portal
	handed  int
	signers map[int64]cms.Signer // by the person
}

// sign signs as who, with a certificate that the portal has issued.
func (c *clerk) sign(t *testing.T, who *session.Caller, content []byte) []byte {
	t.Helper()
	if c.signers[who.OID] == nil {
		key, err := gost3410.GenerateKey(gost3410.Default256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		request, err := cert.CreateRequest(rand.Reader, cert.Name{CommonName: "?"}, key)
		if err != nil {
			t.Fatal(err)
		}
		var issued cabinet.IssuedCertificate
		c.Post(who, cabinet.Base+"/certificate-requests", cabinet.CertificateRequest{Request: string(cert.RequestPEM(request))}).Want(http.StatusOK).Into(&issued)
		all, err := cert.ParseAll([]byte(issued.CertificatePEM))
		if err != nil {
			t.Fatal(err)
		}
		if c.signers[who.OID], err = cms.NewKeySigner(all[0], key); err != nil {
			t.Fatal(err)
		}
	}
	sig, err := cms.SignDetached(t.Context(), bytes.NewReader(content), &cms.Options{Time: c.Clock.Now()}, c.signers[who.OID])
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

// hand submits answers and returns what the intake says against them.
func (c *clerk) hand(t *testing.T, s *catalog.Service, values map[string]any) string {
	t.Helper()
	if c.handed++; c.handed%15 == 0 {
		c.Clock.Advance(20 * time.Minute) // twenty applications in ten minutes and not one more
	}
	who := portaltest.Citizen()
	if !slices.Contains(s.Persons, catalog.Citizen) {
		who = portaltest.Chief()
	}
	flat := map[string]string{}
	for _, leaf := range forms.Leaves(values) {
		flat[leaf.Path] = fmt.Sprint(leaf.Value)
	}
	files := map[string][]byte{}
	var attached []string
	for _, d := range s.Documents {
		if !d.When.Holds(flat) {
			continue
		}
		file, content := d.Name+".pdf", portaltest.PDF()
		if !slices.Contains(d.Types, "application/pdf") {
			file, content = d.Name+".jpg", portaltest.Photo(t)
		}
		files[file] = content
		attached = append(attached, d.Name+"="+file)
	}
	request := s.Request
	files[request] = portaltest.RequestXML(s.Code, flat, attached...)
	if s.Signature == "qualified" {
		files[request+".sig"] = c.sign(t, who, files[request])
	}
	id := c.Submit(who, s.Code, portaltest.Zip(t, files))
	var e gusmev.DetailsEnvelope
	c.Post(who, fmt.Sprintf("/api/gusmev/order/%d?embed=ALL", id), nil, "Prefer", "wait=5", "Accept-Language", "en").Want(http.StatusOK).Into(&e)
	if e.Code == gusmev.CodeDone {
		return ""
	}
	return fmt.Sprint(e.Code, " ", e.Message)
}

// Every branch of every deep form, with answers that the client finds good, goes
// through the intake of the embedded portal.
func TestEveryBranchOfEveryDeepFormCanBeSubmitted(t *testing.T) {
	c := load(t)
	desk := &clerk{Portal: portaltest.Open(t, training.OutcomeApprove), signers: map[int64]cms.Signer{}}
	n := 0
	for _, s := range deep(c) {
		t.Run(s.Slug, func(t *testing.T) {
			raw, err := c.Schema(s, i18n.RU)
			if err != nil {
				t.Fatal(err)
			}
			form, err := forms.Parse(s.Code, s.Version, raw)
			if err != nil {
				t.Fatal(err)
			}
			form.Today = today
			asked := map[string]int{}
			all := walks(s)
			for _, one := range all {
				w := &walker{walk: one, x: form.Fill(forms.Known{}, nil, shelves{}), done: map[string]bool{}, added: map[string]int{}, taken: map[string]int{}}
				w.run(t, s)
				for _, name := range asks(w.x) {
					asked[name]++
				}
				if wrong, err := w.x.Problems(t.Context()); err != nil || len(wrong) > 0 {
					t.Errorf("%s: the client: %v %v", one.name, wrong, err)
					continue
				}
				values, _ := w.x.Values()
				if said := desk.hand(t, s, values); said != "" {
					t.Errorf("%s: the portal: %s", one.name, said)
				}
				n++
			}
			for _, f := range conditional(s.Fields, "") {
				if asked[f] == 0 || asked[f] == len(all) {
					t.Errorf("%s was asked in %d of %d walks: one of its branches was not taken", f, asked[f], len(all))
				}
			}
		})
	}
	t.Logf("%d applications", n)
}

// asks are the paths in the form of what is asked now.
func asks(x *forms.Filling) []string {
	var out []string
	for _, s := range x.Steps() {
		for _, e := range s.Entries {
			out = append(out, schemaName(e.Path))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// conditional are the fields that are asked under a condition.
func conditional(fields []catalog.Field, at string) []string {
	var out []string
	for i := range fields {
		f := &fields[i]
		path := strings.TrimPrefix(at+"."+f.Name, ".")
		if f.When != nil && f.Compute == nil {
			out = append(out, path)
		}
		inner := path
		if f.Type == "list" {
			inner += "[]"
		}
		out = append(out, conditional(f.Fields, inner)...)
	}
	return out
}

// Everything that is wrong is told at once, in both languages, with the path, what
// was expected and an example; and the intake refuses the same application.
func TestEveryMistakeInADeepFormIsToldAtOnce(t *testing.T) {
	c := load(t)
	desk := &clerk{Portal: portaltest.Open(t, training.OutcomeApprove), signers: map[int64]cms.Signer{}}
	for _, s := range deep(c) {
		raw, err := c.Schema(s, i18n.RU)
		if err != nil {
			t.Fatal(err)
		}
		form, err := forms.Parse(s.Code, s.Version, raw)
		if err != nil {
			t.Fatal(err)
		}
		form.Today = today
		w := &walker{x: form.Fill(forms.Known{}, nil, shelves{}), done: map[string]bool{}, added: map[string]int{}, taken: map[string]int{}}
		w.run(t, s)
		values, _ := w.x.Values()
		spoiled := map[string]*catalog.Field{}
		for _, leaf := range forms.Leaves(values) {
			f := s.Field(leaf.Path)
			// What others depend on stays: a question that is not asked cannot be answered wrong.
			if f.Compute != nil || f.Type == "choice" || f.Type == "boolean" || f.Dictionary != nil {
				continue
			}
			if f.Type != "date" && f.Type != "integer" && f.Check == "" && f.Mask == "" && f.Pattern == "" && f.Format == "" {
				continue
			}
			if err := put(values, leaf.Path, fmt.Sprintf("#%d?", len(spoiled))); err != nil {
				t.Fatal(err)
			}
			spoiled[leaf.Path] = f
		}
		if len(spoiled) < 3 {
			t.Errorf("%s: only %d answers can be spoiled", s.Slug, len(spoiled))
		}
		told := map[string]i18n.Message{}
		for _, wrong := range form.Validate(values) {
			told[wrong.Name] = wrong.Message
		}
		for path, f := range spoiled {
			m, ok := told[path]
			ru, en := m.In(i18n.RU), m.In(i18n.EN)
			switch {
			case !ok:
				t.Errorf("%s: nothing is said of %s", s.Slug, path)
			case ru == en || ru == "" || en == "": // a rule speaks one language, that of the form: what is no date is no matter of a rule
				t.Errorf("%s: %s: %q and %q", s.Slug, path, ru, en)
			case f.Type == "date" && f.Example != "":
				// The day of the example, or one that the rules about today take.
				if _, day, _ := strings.Cut(ru, "например: "); !isDay(day) {
					t.Errorf("%s: %s: no example of a day: %s", s.Slug, path, ru)
				}
			case f.Example != "" && !f.Secret && (!strings.Contains(ru, inRussian(f)) || !strings.Contains(en, f.Example)):
				t.Errorf("%s: %s: no example %q: %s | %s", s.Slug, path, f.Example, ru, en)
			case f.Type == "date" && !strings.Contains(en, "-") && !strings.Contains(en, "."):
				t.Errorf("%s: %s: no form of a date: %s", s.Slug, path, en)
			}
		}
		said := desk.hand(t, s, values)
		for path := range spoiled {
			if !strings.Contains(said, path) {
				t.Errorf("%s: the portal does not name %s: %.300s", s.Slug, path, said)
			}
		}
	}
}

func isDay(s string) bool {
	_, err := time.Parse("02.01.2006", s)
	return err == nil
}

// inRussian is the example of a field as a reader of Russian is shown it.
func inRussian(f *catalog.Field) string {
	if day, err := time.Parse(time.DateOnly, f.Example); err == nil && f.Type == "date" {
		return day.Format("02.01.2006")
	}
	return f.Example
}
