package acceptance

import (
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/core/signin"
)

// change is an operation of the cabinet API that changes something, and the commands
// that ask for it.
type change struct {
	op       string // "DELETE /consents/{id}"
	commands []string
	// once says that the program does not repeat the request by itself, and why not.
	once string
	// ends are what a first run may end with when its answer is lost and the portal can
	// be asked; {ok} when empty.
	ends []int
	// lost is what it ends with when nobody can be asked: 7 when a later command would
	// make another request, 6 when it is the same one to the portal.
	lost int
	ok   int // what it ends with when it is done, 0
	// safe says that the request leaves nothing behind: any answer on the way ends it.
	safe bool
	// each is how many uses a portal takes within an hour; 0 sets no bound.
	each int
	who  string // level of the person, or "chief"; "" is nobody
	// ready makes everything ready for one more use.
	ready func(c *crossing) use
}

// use is one use of a command.
type use struct {
	args  []string
	stdin string
	p     *program // whose, when it is not the crossing's own
	// again is what the command may end with once it is done; {ok} when empty.
	again []int
	// times is how often the portal has done it; nil when that cannot be more than once.
	times func() int
}

// crossing is a portal of its own with the way to it.
type crossing struct {
	t      *testing.T
	portal *servedPortal
	way    *onWay
	p      *program
	n      int // of uses so far
	keep   map[string]string
}

// program is another machine of the same person.
func (c *crossing) program() *program {
	return newProgram(c.t, filepath.Dir(c.p.exe), "EPGU_PROFILE=local", "EPGU_PORTAL="+c.way.URL)
}

func cross(t *testing.T, who string) *crossing {
	t.Helper()
	c := &crossing{t: t, portal: servePortal(t), keep: map[string]string{}}
	c.way = newOnWay(t, c.portal.URL)
	c.p = newProgram(t, build(t), "EPGU_PROFILE=local", "EPGU_PORTAL="+c.way.URL)
	c.as(c.p, who)
	return c
}

func (c *crossing) as(p *program, who string) {
	c.t.Helper()
	switch who {
	case "":
	case "confirmed":
		p.signIn(who)
	case "chief":
		if got := p.bySMS(olegLogin, "--org", demoCompany); got.code != 0 {
			c.t.Fatalf("%+v", got)
		}
	default:
		p.signInBySMS(func(u demoUser) bool { return u.Level == who })
	}
}

// total is the length of a list.
func (c *crossing) total(args ...string) int {
	c.t.Helper()
	var list struct{ Total int }
	c.p.decode(&list, append(args, "--json")...)
	return list.Total
}

// more counts what a list gets from now on.
func (c *crossing) more(args ...string) func() int {
	before := c.total(args...)
	return func() int { return c.total(args...) - before }
}

// written counts the messages to somebody from now on, and letter is the last code.
func (c *crossing) written(to string) func() int {
	count := func() int {
		var list struct{ Items []struct{ To string } }
		c.p.decode(&list, "sandbox", "messages", "--to", to, "--json")
		return len(list.Items)
	}
	before := count()
	return func() int { return count() - before }
}

func (c *crossing) code(to string) string {
	c.t.Helper()
	return strings.TrimSpace(c.p.mustRun("sandbox", "messages", "--to", to, "--jq", ".items[0].code"))
}

// field runs a command and takes a value of its JSON.
func (c *crossing) field(p *program, name string, args ...string) string {
	c.t.Helper()
	o := p.end(nil, append(args, "--json")...)
	var object map[string]any
	if err := json.Unmarshal([]byte(o.out), &object); err != nil {
		c.t.Fatalf("%v: %v: %+v", args, err, o)
	}
	if items, ok := object["items"].([]any); ok && len(items) > 0 {
		object, _ = items[0].(map[string]any)
	}
	value, _ := object[name].(string)
	if number, ok := object[name].(float64); ok {
		value = fmt.Sprint(int64(number))
	}
	if value == "" {
		c.t.Fatalf("%v: no %s: %+v", args, name, o)
	}
	return value
}

// turn is one of two values, the other one each time.
func (c *crossing) turn(a, b string) string {
	if c.n%2 == 1 {
		return a
	}
	return b
}

const (
	annaPassword = "Obraztsova-2026"
	pin          = "Demo-2026"
)

// pinFile is a file with a passphrase.
func (c *crossing) pinFile() string {
	c.t.Helper()
	path := filepath.Join(c.p.home, "pin")
	if err := os.WriteFile(path, []byte(pin), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

// key makes a key with a certificate of the portal's.
func (c *crossing) key(send bool) string {
	c.t.Helper()
	name := fmt.Sprintf("key%d", c.n)
	c.p.mustRun("cert", "new", name, "--subject", "CN=Test", "--pin-file", c.pinFile())
	if send {
		c.p.mustRun("cert", "request", name, "--send", "--pin-file", c.pinFile())
	}
	return name
}

// elsewhere are the operations that another test puts through the same mischief, and
// those that no command asks for.
func elsewhere() map[string]string {
	return map[string]string{
		"POST /payments":                   "TestWhateverIsAnsweredOnTheWayEveryDebtIsPaidOnce",
		"POST /payments/{id}/confirmation": "TestWhateverIsAnsweredOnTheWayToACodeThePaymentIsAsked",
		"POST /charges/{uin}/disputes":     "TestWhateverIsAnsweredOnTheWayOtherChangesAreMadeOnce",
		"POST /payment-authorisations":     "TestWhateverIsAnsweredOnTheWayAPlanIsBoundOnce",
		"POST /approver-checks":            "it asks, and changes nothing; approve says so when nobody answers",
	}
}

// Every operation of the API that changes something is put through every mischief, or
// is said to be elsewhere.
func TestEveryChangingOperationHasACaseOnTheWay(t *testing.T) {
	text, err := os.ReadFile("../docs/api/cabinet.openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for op := range elsewhere() {
		have = append(have, op)
	}
	for _, c := range changes() {
		have = append(have, c.op)
	}
	var want []string
	path := ""
	for line := range strings.Lines(string(text)) {
		if m := regexp.MustCompile(`^  /api/cabinet/v1(/[^:]*):\s*$`).FindStringSubmatch(line); m != nil {
			path = m[1]
		}
		if m := regexp.MustCompile(`^    (post|put|patch|delete):\s*$`).FindStringSubmatch(line); m != nil {
			want = append(want, strings.ToUpper(m[1])+" "+path)
		}
	}
	if len(want) < 40 {
		t.Fatalf("only %d operations were found", len(want))
	}
	for _, op := range want {
		if !slices.Contains(have, op) {
			t.Errorf("%s has no case", op)
		}
	}
	for _, op := range have {
		if !slices.Contains(want, op) {
			t.Errorf("%s is no operation of the API", op)
		}
	}
}

// Whatever something on the way answers to a change, in place of the portal, it is made
// once, and what is said of it is true.
func TestWhateverIsAnsweredOnTheWayEveryChangeIsMadeOnce(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*testing.T){}
	for _, c := range changes() {
		name := c.op
		if cases[name] != nil { // another command asks for the same
			name += " by " + c.commands[0]
		}
		cases[name] = func(t *testing.T) { c.run(t) }
	}
	atOnce(t, cases)
}

func (x *change) run(t *testing.T) {
	c := cross(t, x.who)
	many := 3 // the program tries a request four times
	if x.once != "" || x.safe {
		many = 1
	}
	var few []mischief
	next := func(away bool, few ...mischief) {
		if x.each > 0 && c.n == x.each {
			c = cross(t, x.who)
		}
		x.meet(c, away, few...)
	}
	flush := func() {
		if len(few) > 0 {
			next(false, few...)
		}
		few = nil
	}
	for _, m := range mischiefs() {
		if few = append(few, m); len(few) == many || m.status < 0 || m.carry == after {
			flush()
		}
	}
	flush()
	cut := mischief{name: "the connection is cut", carry: before}
	next(true, cut)
	cut.carry = never
	next(true, cut)
}

// meet uses the command once while the mischiefs are about, and again until it is done.
func (x *change) meet(c *crossing, away bool, few ...mischief) {
	t := c.t
	c.n++
	u := x.ready(c)
	if u.p == nil {
		u.p = c.p
	}
	names := make([]string, len(few))
	for i, m := range few {
		names[i] = m.name
	}
	what := strings.Join(names, "; ")
	if away {
		what += ", and then nobody is there"
	}
	c.way.aim(x.op, away, few...)
	o := u.p.end(strings.NewReader(u.stdin), u.args...)
	if left := c.way.left(); left > 0 {
		t.Errorf("%s: %d of the mischiefs met no request: %+v", what, left, o)
	}
	c.way.release()
	want := x.ends
	switch {
	case away:
		want = []int{x.lost}
		if x.once != "" {
			want = append(want, x.ends...)
		}
	case x.safe:
		want = []int{0, 6}
	case len(want) == 0:
		want = []int{x.ok}
	}
	if !slices.Contains(want, o.code) {
		t.Errorf("%s: the first run ended with %d, want one of %v: %s", what, o.code, want, o.errOut)
	}
	if o.code == 7 && !strings.Contains(o.errOut, "unknown") || (o.code == 7 || o.code == 6) && !strings.Contains(o.errOut, "what to do:") {
		t.Errorf("%s: exit %d says %q", what, o.code, o.errOut)
	}
	already := false
	if u.times != nil {
		n := u.times()
		if already = n == 1; n > 1 {
			t.Errorf("%s: it was done %d times by one command", what, n)
		}
	}
	last := o
	if o.code != x.ok {
		if !already || o.code == 6 {
			last = u.p.end(strings.NewReader(u.stdin), u.args...)
		}
		if last.code != x.ok && !slices.Contains(u.again, last.code) && !already {
			t.Errorf("%s: the first run ended with %d, repeated it ended with %d: %s", what, o.code, last.code, last.errOut)
		}
	}
	if u.times != nil && (!already || o.code == 6) {
		if n := u.times(); n != 1 && !(x.lost == 7 && n == 2 && o.code == 7) {
			t.Errorf("%s: it was done %d times", what, n)
		}
	}
}

const (
	codeCounts     = "a code works once, and wrong ones are counted"
	passwordCounts = "wrong passwords are counted"
)

func changes() []change {
	anna := "standard"
	return []change{
		{op: "PUT /saved-services/{code}", commands: []string{"service save"}, who: anna, lost: 6, ready: func(c *crossing) use {
			c.p.end(nil, "service", "save", "--remove", "zagranpasport")
			return use{args: []string{"service", "save", "zagranpasport"}, times: func() int { return c.total("service", "save") }}
		}},
		{op: "DELETE /saved-services/{code}", commands: []string{"service save"}, who: anna, lost: 6, ready: func(c *crossing) use {
			c.p.mustRun("service", "save", "zagranpasport")
			return use{args: []string{"service", "save", "--remove", "zagranpasport"}, times: func() int { return 1 - c.total("service", "save") }}
		}},
		{op: "DELETE /drafts/{id}", commands: []string{"application draft remove"}, who: anna, lost: 6, ready: func(c *crossing) use {
			id := c.field(c.p, "draftId", "application", "create", "inn")
			return use{args: []string{"application", "draft", "remove", id, "--yes"}, again: []int{5}, times: func() int { return 1 - c.total("application", "draft", "list") }}
		}},
		{op: "POST /drafts", commands: []string{"application draft new"}, who: anna, lost: 7, ready: func(c *crossing) use {
			return use{args: []string{"application", "draft", "new", "inn"}, times: c.more("application", "draft", "list")}
		}},
		{op: "PUT /drafts/{id}", commands: []string{"application draft edit"}, who: anna, once: "a repetition would meet its own change", ends: []int{0, 7}, lost: 7, ready: func(c *crossing) use {
			id := c.field(c.p, "id", "application", "draft", "new", "zagranpasport", "--set", "reason=first")
			return use{args: []string{"application", "draft", "edit", id, "--set", "office=77-01"}}
		}},
		{op: "POST /application-templates", commands: []string{"application template save"}, who: anna, lost: 7, ready: func(c *crossing) use {
			return use{args: []string{"application", "template", "save", fmt.Sprintf("t%d", c.n), "--service", "licence-report", "--set", "unit=dal"}, times: c.more("application", "template", "list")}
		}},
		{op: "PUT /application-templates/{id}", commands: []string{"application template save"}, who: anna, once: "a repetition would meet its own change", ends: []int{0, 7}, lost: 7, ready: func(c *crossing) use {
			name := fmt.Sprintf("t%d", c.n)
			c.p.mustRun("application", "template", "save", name, "--service", "licence-report", "--set", "unit=dal")
			return use{args: []string{"application", "template", "save", name, "--service", "licence-report", "--set", "unit=t", "--replace"}}
		}},
		{op: "DELETE /application-templates/{id}", commands: []string{"application template remove"}, who: anna, lost: 6, ready: func(c *crossing) use {
			name := fmt.Sprintf("t%d", c.n)
			left := c.more("application", "template", "list")
			c.p.mustRun("application", "template", "save", name, "--service", "licence-report", "--set", "unit=dal")
			return use{args: []string{"application", "template", "remove", name, "--yes"}, again: []int{5}, times: func() int { return 1 - left() }}
		}},
		{op: "POST /applications/{orderId}/messages", commands: []string{"application message"}, who: anna, lost: 7, ready: func(c *crossing) use {
			text := fmt.Sprintf("question %d", c.n)
			return use{args: []string{"application", "message", c.application(), "--text", text}, times: func() int {
				return strings.Count(c.p.mustRun("application", "message", c.application(), "--json", "text"), `"`+text+`"`)
			}}
		}},
		{op: "POST /applications/{orderId}/versions", commands: []string{"application edit"}, who: anna, lost: 7, ready: func(c *crossing) use {
			return use{args: []string{"application", "edit", c.application(), "--set", fmt.Sprintf("subject=Question %d", c.n)}, again: []int{2}, times: c.more("application", "versions", c.application())}
		}},
		{op: "POST /applications/{orderId}/reversions", commands: []string{"application revert"}, who: anna, lost: 7, ready: func(c *crossing) use {
			c.p.mustRun("application", "edit", c.application(), "--set", fmt.Sprintf("subject=Question %d", c.n))
			return use{args: []string{"application", "revert", c.application(), "--yes"}, again: []int{9}, times: c.more("application", "versions", c.application())}
		}},
		{op: "POST /applications/{orderId}/documents", commands: []string{"application attach"}, who: anna, lost: 7, ready: func(c *crossing) use {
			return use{args: []string{"application", "attach", c.application(), "evidence=" + c.picture()}, again: []int{9}, times: c.more("application", "versions", c.application())}
		}},
		{op: "PUT /applications/{orderId}/rating", commands: []string{"application rate"}, who: anna, lost: 6, ready: func(c *crossing) use {
			if c.keep["final"] == "" {
				c.keep["final"] = c.application()
				c.p.mustRun("application", "watch", c.keep["final"], "--until", "final")
			}
			return use{args: []string{"application", "rate", c.keep["final"], "--score", fmt.Sprint(1 + c.n%5)}}
		}},
		{op: "POST /appointments", commands: []string{"appointment create"}, who: anna, lost: 6, ready: func(c *crossing) use {
			c.p.mustRun("sandbox", "advance", "1h")
			return use{args: c.booking("doctor-therapist"), times: c.more("appointment", "list", "--state", "all")}
		}},
		{op: "PUT /appointments/{id}/confirmation", commands: []string{"appointment create"}, who: anna, lost: 6, ready: func(c *crossing) use {
			return use{args: c.booking("doctor-dentist")}
		}},
		{op: "PUT /appointments/{id}/slot", commands: []string{"appointment move"}, who: anna, once: "a repetition would meet its own change", ends: []int{0, 7}, lost: 7, ready: func(c *crossing) use {
			number := c.field(c.p, "number", c.booking("doctor-surgeon")...)
			return use{args: []string{"appointment", "move", number, "--slot", c.freeSlot("doctor-surgeon")}, again: []int{9}}
		}},
		{op: "PUT /appointments/{id}/cancellation", commands: []string{"appointment cancel"}, who: anna, lost: 6, ready: func(c *crossing) use {
			return use{args: []string{"appointment", "cancel", c.field(c.p, "number", c.booking("doctor-neurologist")...), "--yes"}}
		}},
		{op: "POST /appointment-waits", commands: []string{"appointment wait join"}, who: anna, lost: 6, ready: func(c *crossing) use {
			c.leaveWaits()
			return use{args: []string{"appointment", "wait", "join", "doctor-dentist", "--place", "77-P1"}, again: []int{9}, times: c.more("appointment", "wait", "list")}
		}},
		{op: "DELETE /appointment-waits/{id}", commands: []string{"appointment wait leave"}, who: anna, lost: 6, ready: func(c *crossing) use {
			c.leaveWaits()
			return use{args: []string{"appointment", "wait", "leave", c.field(c.p, "id", "appointment", "wait", "join", "doctor-surgeon", "--place", "77-P1")}, again: []int{5}}
		}},
		{op: "POST /payments/{id}/payee-notices", commands: []string{"pay notify"}, who: anna, lost: 6, ready: func(c *crossing) use {
			return use{args: []string{"pay", "notify", c.field(c.p, "id", append(byRequisites(100+c.n), "--yes")...)}}
		}},
		{op: "PATCH /me/profile", commands: []string{"profile edit"}, who: anna, lost: 7, ready: func(c *crossing) use {
			return use{args: []string{"profile", "edit", "--living", fmt.Sprintf("city=г. Город%d", c.n), "--yes"}, times: c.more("profile", "history", "--kind", "profile.edit")}
		}},
		{op: "POST /me/changes/{id}/revert", commands: []string{"profile revert"}, who: anna, lost: 7, ready: func(c *crossing) use {
			id := c.field(c.p, "changeId", "profile", "edit", "--living", fmt.Sprintf("city=г. Город%d", c.n), "--yes")
			return use{args: []string{"profile", "revert", id, "--yes"}, again: []int{9}, times: c.more("profile", "history", "--kind", "profile.revert")}
		}},
		{op: "PATCH /me/privacy", commands: []string{"profile privacy"}, who: anna, lost: 7, ready: func(c *crossing) use {
			return use{args: []string{"profile", "privacy", "--advertising=" + c.turn("false", "true")}, times: c.more("profile", "history", "--kind", "privacy")}
		}},
		{op: "POST /me/deletion-requests", commands: []string{"profile privacy delete"}, who: anna, lost: 7, ready: func(c *crossing) use {
			c.p.mustRun("sandbox", "advance", "15d")
			return use{args: []string{"profile", "privacy", "delete", "documents", "--yes"}, again: []int{9}, times: c.more("profile", "privacy", "requests")}
		}},
		{op: "POST /me/contact-changes", commands: []string{"profile edit"}, who: anna, each: 4, lost: 7, ready: func(c *crossing) use {
			mobile := fmt.Sprintf("+79000001%03d", c.n)
			return use{args: []string{"profile", "edit", "--mobile", mobile, "--yes", "--password-stdin"}, stdin: annaPassword, times: c.written(mobile)}
		}},
		{op: "POST /me/contact-changes/{id}/code", commands: []string{"profile edit"}, who: anna, each: 4, once: codeCounts, ends: []int{0, 7}, lost: 7, ready: func(c *crossing) use {
			mobile := fmt.Sprintf("+79000002%03d", c.n)
			o := c.p.end(strings.NewReader(annaPassword), "profile", "edit", "--mobile", mobile, "--yes", "--password-stdin", "--jq", ".contacts[0].id")
			return use{args: []string{"profile", "edit", "--confirm", strings.TrimSpace(o.out), "--code", c.code(mobile)}, again: []int{5, 9}, times: c.more("profile", "history", "--kind", "contact")}
		}},
		{op: "DELETE /consents/{id}", commands: []string{"profile consents withdraw"}, ends: []int{0, 3}, lost: 6, ready: func(c *crossing) use {
			p := c.program()
			c.as(p, anna)
			// The session ends with the consent: whoever is asked again says so.
			return use{p: p, args: []string{"profile", "consents", "withdraw", c.field(p, "id", "profile", "consents"), "--yes"}, again: []int{3}}
		}},
		{op: "POST /level-requests", commands: []string{"profile level raise"}, who: "simplified", lost: 7, ok: 4, ready: func(c *crossing) use {
			return use{args: []string{"profile", "level", "raise", "--passport", "0000 000007", "--issued", "2015-01-01", "--snils", "000-000-027 11", "--gender", "M", "--birth-place", "Примерск", "--wait", "20s"}}
		}},
		{op: "DELETE /sessions", commands: []string{"auth sessions end"}, who: anna, lost: 6, ready: func(c *crossing) use {
			c.as(c.program(), anna)
			return use{args: []string{"auth", "sessions", "end", "--others", "--yes"}, times: func() int { return 2 - c.total("auth", "sessions") }}
		}},
		{op: "DELETE /sessions/{id}", commands: []string{"auth sessions end", "auth logout"}, who: anna, lost: 6, ready: func(c *crossing) use {
			c.as(c.program(), anna)
			id := strings.TrimSpace(c.p.mustRun("auth", "sessions", "--jq", ".items[] | select(.current | not) | .id"))
			return use{args: []string{"auth", "sessions", "end", id}, again: []int{5}, times: func() int { return 2 - c.total("auth", "sessions") }}
		}},
		{op: "PUT /me/password", commands: []string{"auth password"}, who: anna, once: "the old password does not fit a second time", each: 4, ends: []int{0, 7}, lost: 7, ready: func(c *crossing) use {
			old := annaPassword
			if c.keep["password"] != "" {
				old = c.keep["password"]
			}
			fresh := fmt.Sprintf("Obraztsova-%d", 3000+c.n)
			c.keep["password"] = fresh
			return use{args: []string{"auth", "password", "--password-stdin"}, stdin: old + "\n" + fresh + "\n", times: func() int {
				if c.p.end(strings.NewReader(fresh), "auth", "2fa", "recovery-codes", "--password-stdin").code == 0 {
					return 1
				}
				return 0
			}}
		}},
		{op: "POST /me/totp", commands: []string{"auth 2fa enable"}, who: anna, lost: 7, ready: func(*crossing) use {
			return use{args: []string{"auth", "2fa", "enable", "totp", "--password-stdin", "--no-qr"}, stdin: annaPassword}
		}},
		{op: "PUT /me/totp", commands: []string{"auth 2fa enable", "auth 2fa disable"}, who: anna, once: codeCounts, ends: []int{0, 7}, lost: 7, ready: func(c *crossing) use {
			o := c.p.end(strings.NewReader(annaPassword), "auth", "2fa", "enable", "totp", "--password-stdin", "--no-qr", "--jq", ".secret")
			code, err := signin.TOTP(strings.TrimSpace(o.out), time.Now())
			if err != nil {
				c.t.Fatalf("%v: %+v", err, o)
			}
			return use{args: []string{"auth", "2fa", "enable", "totp", "--otp", code}, again: []int{3, 4, 9}}
		}},
		{op: "PUT /me/second-factor", commands: []string{"auth 2fa enable", "auth 2fa disable"}, who: anna, once: passwordCounts, ends: []int{0, 7}, lost: 7, ready: func(c *crossing) use {
			return use{args: []string{"auth", "2fa", "enable", c.turn("email", "sms"), "--password-stdin"}, stdin: annaPassword}
		}},
		{op: "POST /me/recovery-codes", commands: []string{"auth 2fa recovery-codes"}, who: anna, lost: 7, ready: func(*crossing) use {
			return use{args: []string{"auth", "2fa", "recovery-codes", "--password-stdin"}, stdin: annaPassword}
		}},
		{op: "POST /roles/switch", commands: []string{"org switch"}, who: "chief", safe: true, lost: 6, ready: func(c *crossing) use {
			return use{args: []string{"org", "switch", c.turn("--self", demoCompany)}}
		}},
		{op: "POST /organisations/{oid}/members", commands: []string{"org delegate"}, who: "chief", lost: 7, ready: func(c *crossing) use {
			c.p.end(nil, "org", "revoke", "1000000003", "--yes")
			return use{args: []string{"org", "delegate", "petr@example.org", "--powers", "orders", "--position", "Секретарь"}, times: c.more("org", "members")}
		}},
		{op: "DELETE /organisations/{oid}/members/{person}", commands: []string{"org revoke"}, who: "chief", lost: 6, ready: func(c *crossing) use {
			c.p.mustRun("org", "delegate", "petr@example.org", "--powers", "orders", "--position", "Секретарь")
			fewer := c.more("org", "members")
			return use{args: []string{"org", "revoke", "1000000003", "--yes"}, again: []int{5}, times: func() int { return -fewer() }}
		}},
		{op: "POST /certificate-requests", commands: []string{"cert request"}, who: "confirmed", lost: 7, ready: func(c *crossing) use {
			return use{args: []string{"cert", "request", c.key(false), "--send", "--pin-file", c.pinFile()}}
		}},
		{op: "POST /certificates", commands: []string{"cert bind"}, who: "confirmed", each: 4, lost: 7, ok: 10, ready: func(c *crossing) use {
			return use{args: []string{"cert", "bind", c.key(true)}, times: c.more("cert", "bindings")}
		}},
		{op: "POST /certificates/{id}/code", commands: []string{"cert bind"}, who: "confirmed", each: 4, once: codeCounts, ends: []int{0, 7}, lost: 7, ready: func(c *crossing) use {
			name := c.key(true)
			c.p.end(nil, "cert", "bind", name)
			return use{args: []string{"cert", "bind", name, "--code", c.code("+79000000001")}, again: []int{9}}
		}},
		{op: "DELETE /certificates/{id}", commands: []string{"cert unbind"}, who: "confirmed", lost: 6, ready: func(c *crossing) use {
			c.p.end(nil, "cert", "bind", c.key(true))
			fewer := c.more("cert", "bindings")
			return use{args: []string{"cert", "unbind", c.field(c.p, "id", "cert", "bindings"), "--yes"}, again: []int{5}, times: func() int { return -fewer() }}
		}},
		{op: "POST /sign-ins", commands: []string{"auth login"}, lost: 6, ready: func(c *crossing) use {
			return use{p: c.program(), args: []string{"auth", "login", "--user", annaLogin, "--password-stdin", "--otp-command", c.phone()}, stdin: annaPassword}
		}},
		{op: "POST /sign-ins/{id}/factor", commands: []string{"auth login"}, once: "a sign-in is simply begun anew", ends: []int{0, 6}, lost: 6, ready: func(c *crossing) use {
			return use{p: c.program(), args: []string{"auth", "login", "--user", annaLogin, "--password-stdin", "--otp-command", c.phone()}, stdin: annaPassword}
		}},
		{op: "POST /certificate-sign-ins", commands: []string{"auth login"}, who: "confirmed", lost: 6, ready: func(c *crossing) use {
			if c.n == 1 {
				name := c.key(true)
				c.p.end(nil, "cert", "bind", name)
				c.p.mustRun("cert", "bind", name, "--code", c.code("+79000000001"))
				c.keep["key"] = name
			}
			return use{args: []string{"auth", "login", "--cert", c.keep["key"], "--pin-file", c.pinFile()}}
		}},
		{op: "POST /registrations", commands: []string{"auth register"}, lost: 7, ready: func(c *crossing) use {
			mobile := fmt.Sprintf("+79000003%03d", c.n)
			return use{args: c.registers(mobile), times: c.written(mobile)}
		}},
		{op: "POST /registrations/{id}/code", commands: []string{"auth confirm"}, once: codeCounts, ends: []int{0, 7}, lost: 7, ready: func(c *crossing) use {
			mobile := fmt.Sprintf("+79000004%03d", c.n)
			id := c.field(c.p, "id", c.registers(mobile)...)
			return use{args: []string{"auth", "confirm", id, "--code", c.code(mobile), "--password-stdin"}, stdin: "Proverka-2026", again: []int{5, 9}}
		}},
		{op: "POST /recoveries", commands: []string{"auth recover"}, each: 3, lost: 7, ready: func(*crossing) use {
			return use{args: []string{"auth", "recover", "--user", "anna@example.org"}}
		}},
		{op: "POST /recoveries/{id}/code", commands: []string{"auth confirm"}, each: 3, once: codeCounts, ends: []int{0, 7}, lost: 7, ready: func(c *crossing) use {
			id := c.field(c.p, "id", "auth", "recover", "--user", "anna@example.org")
			return use{args: []string{"auth", "confirm", id, "--code", c.code(annaLogin), "--password-stdin"}, stdin: fmt.Sprintf("Obraztsova-%d", 4000+c.n), again: []int{5, 9}}
		}},
		{op: "POST /device-bindings", commands: []string{"auth devices bind", "auth devices rebind"}, lost: 7, ready: func(c *crossing) use {
			return use{p: c.program(), args: []string{"auth", "devices", "bind", "--name", "Phone", "--no-wait"}}
		}},
		{op: "POST /device-bindings/{id}/token", commands: []string{"auth devices bind"}, who: anna, safe: true, lost: 6, ready: func(c *crossing) use {
			c.p.end(nil, "auth", "devices", "remove", "Phone", "--yes")
			phone := c.program()
			code := c.field(phone, "code", "auth", "devices", "bind", "--name", "Phone", "--no-wait")
			c.p.mustRun("auth", "devices", "confirm", code)
			c.p.mustRun("auth", "devices", "confirm", code, "--otp", c.code(annaLogin))
			return use{p: phone, args: []string{"auth", "devices", "bind", "--finish"}}
		}},
		{op: "POST /devices", commands: []string{"auth devices confirm", "auth devices rebind"}, who: anna, lost: 7, ready: func(c *crossing) use {
			return use{args: []string{"auth", "devices", "confirm", c.field(c.program(), "code", "auth", "devices", "bind", "--name", "Phone", "--no-wait")}}
		}},
		{op: "POST /devices/{id}/confirmation", commands: []string{"auth devices confirm", "auth devices rebind"}, who: anna, once: codeCounts, ends: []int{0, 6}, lost: 6, ready: func(c *crossing) use {
			c.p.end(nil, "auth", "devices", "remove", "Phone", "--yes")
			code := c.field(c.program(), "code", "auth", "devices", "bind", "--name", "Phone", "--no-wait")
			c.p.mustRun("auth", "devices", "confirm", code)
			return use{args: []string{"auth", "devices", "confirm", code, "--otp", c.code(annaLogin)}, times: c.more("auth", "devices", "list")}
		}},
		{op: "DELETE /devices/{id}", commands: []string{"auth devices remove"}, who: anna, lost: 6, ready: func(c *crossing) use {
			code := c.field(c.program(), "code", "auth", "devices", "bind", "--name", "Phone", "--no-wait")
			c.p.mustRun("auth", "devices", "confirm", code)
			c.p.mustRun("auth", "devices", "confirm", code, "--otp", c.code(annaLogin))
			return use{args: []string{"auth", "devices", "remove", c.field(c.p, "id", "auth", "devices", "list"), "--yes"}, again: []int{5}, times: func() int { return 1 - c.total("auth", "devices", "list") }}
		}},
		{op: "PUT /device-requests/{id}", commands: []string{"auth devices approve"}, who: anna, once: "wrong numbers are counted", ends: []int{0, 6}, lost: 6, ready: func(c *crossing) use {
			id, number, phone := c.waitingSignIn(0)
			return use{p: phone, args: []string{"auth", "devices", "approve", id, "--number", number}}
		}},
		{op: "PUT /device-requests/{id}", commands: []string{"auth devices deny"}, who: anna, each: 2, lost: 6, ready: func(c *crossing) use {
			id, _, phone := c.waitingSignIn(4)
			return use{p: phone, args: []string{"auth", "devices", "deny", id}}
		}},
	}
}

// phone is a command that prints the last code that was sent to Anna.
// booking is the command that books a free time with a doctor; what was booked with him
// before is given up.
func (c *crossing) booking(subject string) []string {
	c.t.Helper()
	var list struct {
		Items []struct{ Number, SubjectID string }
	}
	c.p.decode(&list, "appointment", "list", "--all", "--json", "number,subjectId")
	for _, a := range list.Items {
		if a.SubjectID == subject {
			c.p.mustRun("appointment", "cancel", a.Number, "--yes")
		}
	}
	return []string{"appointment", "create", subject, "--slot", c.freeSlot(subject), "--yes"}
}

func (c *crossing) freeSlot(subject string) string {
	c.t.Helper()
	return strings.TrimSpace(c.p.mustRun("appointment", "slots", subject, "--place", "77-P1", "--days", "15", "--jq", ".items[-1].id"))
}

func (c *crossing) leaveWaits() {
	c.t.Helper()
	var list struct{ Items []struct{ ID string } }
	c.p.decode(&list, "appointment", "wait", "list", "--json")
	for _, w := range list.Items {
		c.p.mustRun("appointment", "wait", "leave", w.ID)
	}
}

// application is an application of the person's that is not decided yet.
func (c *crossing) application() string {
	c.t.Helper()
	if c.keep["application"] == "" {
		c.keep["application"] = c.field(c.p, "orderId", "application", "create", "public-request", "--submit", "--set", "kind=question",
			"--set", "subject=Question", "--set", "text=A question for training, without personal data.")
		c.p.mustRun("sandbox", "advance", "2h") // the department has it now
	}
	return c.keep["application"]
}

// picture is a file of a picture, another one each time.
func (c *crossing) picture() string {
	c.t.Helper()
	name := filepath.Join(c.p.home, fmt.Sprintf("page%d.jpg", c.n))
	f, err := os.Create(name)
	if err != nil {
		c.t.Fatal(err)
	}
	defer f.Close()
	page := image.NewGray(image.Rect(0, 0, 413+c.n, 531))
	if err := jpeg.Encode(f, page, nil); err != nil {
		c.t.Fatal(err)
	}
	return name
}

func (c *crossing) phone() string {
	return "env EPGU_HOME=" + c.p.home + " " + strings.Join(c.p.env, " ") + " " + c.p.exe + " sandbox messages --to " + annaLogin + " --jq .items[0].code"
}

func (c *crossing) registers(mobile string) []string {
	return []string{"auth", "register", "--last-name", "Проверкин", "--first-name", "Иван", "--birth-date", "1990-01-31", "--mobile", mobile, "--agree-terms"}
}
