package calendar

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

func today() time.Time { return time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC) }

// shelf is a portal with a few things on it.
type shelf struct {
	visits  []wire.Appointment
	charges []wire.Charge
}

func all[T any](items []T) *wire.Page[T] { return &wire.Page[T]{Items: items, Total: len(items)} }

func (s *shelf) Appointments(context.Context, string, cabinet.PageQuery) (*wire.Page[wire.Appointment], error) {
	return all(s.visits), nil
}
func (s *shelf) Charges(context.Context, cabinet.ChargeQuery) (*wire.Page[wire.Charge], error) {
	return all(s.charges), nil
}
func (s *shelf) Applications(context.Context, cabinet.ApplicationQuery) (*wire.Page[wire.Application], error) {
	at := today().AddDate(0, 0, 30)
	return all([]wire.Application{{OrderID: 2350000001, ServiceTitle: "Паспорт", ExpectedAt: &at, Correction: &wire.Correction{Until: at}}}), nil
}
func (s *shelf) Drafts(context.Context, cabinet.PageQuery) (*wire.Page[wire.Draft], error) {
	return all([]wire.Draft{{ID: "d1", Title: "Паспорт", RemindOn: "2026-12-20"}, {ID: "d2"}}), nil
}

const hostile = "Врач; кабинет, 5\\6 \"верх\"\r\nEND:VEVENT\x00\x1b[31m\u202e и ещё очень длинное название на много знаков, чтобы строку пришлось сложить не раз"

func shelved() *shelf {
	visit := func(id string, offset int, title string) wire.Appointment {
		start := time.Date(2026, 12, 7, 9, 15, 0, 0, time.FixedZone("", offset*3600))
		return wire.Appointment{ID: id, Number: "ЗП-000001", State: "booked", Subject: wire.AppointmentSubject{Title: wire.Text(title)},
			Place: wire.AppointmentPlace{Title: "Поликлиника", Address: "ул. Учебная, 1"}, Slot: wire.AppointmentSlot{Start: start, End: start.Add(15 * time.Minute)}}
	}
	s := &shelf{}
	for offset := 2; offset <= 12; offset++ {
		s.visits = append(s.visits, visit("v"+string(rune('a'+offset)), offset, "Стоматолог"))
	}
	s.visits = append(s.visits, visit("hostile", 3, hostile))
	until := today().AddDate(0, 2, 0)
	s.charges = []wire.Charge{{UIN: "18810000000000000017", Title: "Штраф", DueKopecks: 25000, AmountKopecks: 50000, PayUntil: &until, Discount: &wire.Discount{DueKopecks: 25000, LastDay: today().AddDate(0, 0, 20)}}}
	return s
}

func serviceOf(p Portal, caps ...wire.Capability) *Service {
	return &Service{Portal: p, Clock: clock.NewManual(today()), Lang: i18n.RU,
		Capabilities: func(context.Context) (*wire.Capabilities, error) { return &wire.Capabilities{Capabilities: caps}, nil },
		Certificates: func(context.Context) ([]Expiring, error) {
			return []Expiring{{ID: "abcd", Name: "бухгалтер", Until: today().AddDate(1, 0, 0)}}, nil
		}}
}

func everything() []wire.Capability {
	return []wire.Capability{wire.CapAppointments, wire.CapCharges, wire.CapApplications, wire.CapDrafts}
}

func entries(t *testing.T, s *Service, kinds ...Kind) []Entry {
	t.Helper()
	list, err := s.Entries(t.Context(), kinds...)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func written(t *testing.T, list []Entry) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, list, "Госуслуги"); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestEntriesComeInTheOrderOfTheirTimeAndOnlyWhatThePortalOffers(t *testing.T) {
	s := serviceOf(shelved(), everything()...)
	list := entries(t, s)
	if len(list) != 12+2+2+1+1 || !slices.IsSortedFunc(list, func(a, b Entry) int { return a.Start.Compare(b.Start) }) {
		t.Errorf("%d %+v", len(list), list)
	}
	if only := entries(t, s, Discount); len(only) != 1 || !strings.Contains(only[0].Summary, "250,00") {
		t.Errorf("%+v", only)
	}
	if term := entries(t, s, Charge); len(term) != 1 || !strings.Contains(term[0].Summary, "500,00") {
		t.Errorf("the day of the term has the sum of another day: %+v", term)
	}
	if local := entries(t, serviceOf(shelved())); len(local) != 1 || local[0].Kind != Certificate {
		t.Errorf("a portal that offers nothing: %+v", local)
	}
}

func TestEveryLineIsFoldedBetweenCharactersWithinSeventyFiveOctets(t *testing.T) {
	raw := written(t, entries(t, serviceOf(shelved(), everything()...)))
	lines := strings.Split(strings.TrimSuffix(string(raw), "\r\n"), "\r\n")
	folded := 0
	for _, l := range lines {
		if len(l) > octets || !utf8.ValidString(l) || strings.ContainsAny(l, "\r\n\x00\x1b") {
			t.Errorf("%d octets: %q", len(l), l)
		}
		if strings.HasPrefix(l, " ") {
			folded++
		}
	}
	if folded < 3 || strings.Count(string(raw), "\r\nEND:VEVENT\r\n") != 18 {
		t.Errorf("%d folded lines, %d events", folded, strings.Count(string(raw), "\r\nEND:VEVENT\r\n"))
	}
	if n := strings.Count(string(raw), "BEGIN:VTIMEZONE"); n != 11 {
		t.Errorf("%d zones", n)
	}
}

func TestAChangedEntryGetsALaterNumberAndOneThatIsGoneIsCancelled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "calendar.json")
	p := shelved()
	s := serviceOf(p, everything()...)
	remember := func(at time.Time, kinds ...Kind) ([]Entry, bool) {
		t.Helper()
		told, changed, err := Remember(path, entries(t, s, kinds...), kinds, at)
		if err != nil {
			t.Fatal(err)
		}
		return told, changed
	}
	first, changed := remember(today())
	if !changed || first[0].Sequence != 0 {
		t.Errorf("%v %+v", changed, first[0])
	}
	same, changed := remember(today().Add(time.Hour))
	if changed || !bytes.Equal(written(t, same), written(t, first)) {
		t.Error("nothing has changed, and the file is another")
	}
	p.visits[0].Slot.Start = p.visits[0].Slot.Start.Add(time.Hour)
	p.visits[0].Slot.End = p.visits[0].Slot.End.Add(time.Hour)
	moved := p.visits[0].ID
	gone := p.visits[1].ID
	p.visits = slices.Delete(p.visits, 1, 2)
	find := func(list []Entry, id string) Entry {
		i := slices.IndexFunc(list, func(e Entry) bool { return e.UID == "appointment-"+id+"@epgu" })
		if i < 0 {
			return Entry{}
		}
		return list[i]
	}
	if only, _ := remember(today().Add(90*time.Minute), Charge); slices.ContainsFunc(only, func(e Entry) bool { return e.Cancelled }) {
		t.Error("what was not asked for is cancelled")
	}
	next, changed := remember(today().Add(2 * time.Hour))
	if m, g := find(next, moved), find(next, gone); !changed || m.Sequence != 1 || m.Cancelled || !g.Cancelled || g.Sequence != 1 || !g.Stamp.Equal(today().Add(2*time.Hour)) {
		t.Errorf("%v %+v %+v", changed, find(next, moved), find(next, gone))
	}
	if _, changed := remember(today().Add(3 * time.Hour)); changed {
		t.Error("a cancelled entry is cancelled again")
	}
	late, _ := remember(today().AddDate(0, 0, 40))
	if g := find(late, gone); g.UID != "" {
		t.Errorf("told for ever: %+v", g)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Remember(path, nil, nil, today()); err == nil {
		t.Error("a torn file was taken")
	}
}

// read is what another program makes of a calendar.
type read struct {
	UID, Summary, Start, Status string
	Sequence, Alarms            int
}

func TestOtherProgramsReadTheCalendar(t *testing.T) {
	python, err := exec.LookPath("/usr/bin/python3") // Debian's, which has Debian's modules
	if err != nil {
		python, err = exec.LookPath("python3")
	}
	if err != nil {
		t.Skip("no python3: what python3-icalendar and python3-vobject make of the file is not looked at")
	}
	list := entries(t, serviceOf(shelved(), everything()...))
	file := filepath.Join(t.TempDir(), "a.ics")
	if err := os.WriteFile(file, written(t, list), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, program := range map[string]string{
		"icalendar": `import sys, json, icalendar
c = icalendar.Calendar.from_ical(open(sys.argv[1], "rb").read())
print(json.dumps([{"UID": str(e["UID"]), "Summary": str(e["SUMMARY"]), "Start": e["DTSTART"].dt.isoformat(), "Status": str(e["STATUS"]),
  "Sequence": int(e["SEQUENCE"]), "Alarms": len([a for a in e.walk("VALARM")])} for e in c.walk("VEVENT")]))`,
		"vobject": `import sys, json, vobject
c = vobject.readOne(open(sys.argv[1], encoding="utf-8", newline="").read())
print(json.dumps([{"UID": e.uid.value, "Summary": e.summary.value, "Start": e.dtstart.value.isoformat(), "Status": e.status.value,
  "Sequence": int(e.sequence.value), "Alarms": len(e.contents.get("valarm", []))} for e in c.vevent_list]))`,
	} {
		t.Run(name, func(t *testing.T) {
			if exec.Command(python, "-c", "import "+name).Run() != nil {
				t.Skip("no python3-" + name)
			}
			out, err := exec.Command(python, "-c", program, file).Output()
			if err != nil {
				t.Fatalf("%v %s", err, err.(*exec.ExitError).Stderr)
			}
			var got []read
			if err := json.Unmarshal(out, &got); err != nil || len(got) != len(list) {
				t.Fatalf("%v, %d entries of %d", err, len(got), len(list))
			}
			for i, e := range list {
				start := e.Start.Format(time.RFC3339)
				if e.AllDay {
					start = e.Start.Format(time.DateOnly)
				}
				want := read{UID: e.UID, Summary: plain(e.Summary), Start: start, Status: "CONFIRMED", Alarms: len(e.Alarms)}
				if got[i] != want {
					t.Errorf("\n got %+v\nwant %+v", got[i], want)
				}
			}
		})
	}
}

// plain is a text without what the format cannot hold.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

func FuzzAnyTextIsOneFoldedProperty(f *testing.F) {
	for _, s := range []string{"", "Приём; у врача, 5\\6", "a\nb\r\nEND:VEVENT", strings.Repeat("ё", 200), "\xff\xfe", "\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		raw := string(written(t, []Entry{{UID: "1@epgu", Kind: Draft, AllDay: true, Start: today(), Summary: s, Place: s, Description: s}}))
		if strings.Count(raw, "BEGIN:VEVENT\r\n") != 1 || strings.Count(raw, "\r\nEND:VEVENT\r\n") != 1 {
			t.Errorf("%q breaks out of its event:\n%s", s, raw)
		}
		for _, l := range strings.Split(strings.TrimSuffix(raw, "\r\n"), "\r\n") {
			if len(l) > octets || strings.ContainsAny(l, "\r\n") {
				t.Errorf("%d octets: %q", len(l), l)
			}
		}
	})
}
