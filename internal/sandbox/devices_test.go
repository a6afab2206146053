package sandbox_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/sandbox/devices"
)

// ask asks for a code as a device does.
func (p *portal) ask(name, replaces string) map[string]any {
	p.t.Helper()
	a := p.postJSON(api+"/device-bindings", "", map[string]string{"name": name, "replaces": replaces})
	if a.status != http.StatusCreated {
		p.t.Fatalf("%d %s", a.status, a.body)
	}
	return a.json(p.t)
}

func (p *portal) claim(token, code, replaces string) answer {
	p.t.Helper()
	return p.postJSON(api+"/devices", token, map[string]string{"code": code, "replaces": replaces})
}

func (p *portal) confirm(token string, id any, kind, code string) answer {
	p.t.Helper()
	return p.postJSON(api+"/devices/"+id.(string)+"/confirmation", token, map[string]string{"kind": kind, "code": code})
}

func (p *portal) collect(binding map[string]any) answer {
	p.t.Helper()
	return p.postJSON(api+"/device-bindings/"+binding["id"].(string)+"/token", "", map[string]any{"secret": binding["secret"]})
}

// phone is a bound device.
type phone struct {
	p         *portal
	id, token string
}

func (d phone) call(method, path, body string) answer {
	d.p.t.Helper()
	return d.p.do(method, api+path, map[string]string{"X-Device-Token": d.token}, body)
}

// answer decides the only request that waits.
func (d phone) answer(body string) answer {
	d.p.t.Helper()
	list := items(d.p.t, d.call("GET", "/device-requests", ""))
	if len(list) != 1 {
		d.p.t.Fatalf("%d requests wait", len(list))
	}
	return d.call("PUT", "/device-requests/"+list[0]["id"].(string), body)
}

// bindDevice binds Anna's device by SMS.
func (p *portal) bindDevice(token, name, replaces string) phone {
	p.t.Helper()
	b := p.ask(name, replaces)
	c := p.claim(token, b["code"].(string), "").json(p.t)
	if c["id"] != b["id"] {
		p.t.Fatalf("%v", c)
	}
	if a := p.confirm(token, b["id"], "sms", ""); a.status != http.StatusOK {
		p.t.Fatalf("%d %s", a.status, a.body)
	}
	if v := p.confirm(token, b["id"], "sms", p.lastCode(anna)).json(p.t); v["state"] != "done" {
		p.t.Fatalf("%v", v)
	}
	v := p.collect(b).json(p.t)
	if v["state"] != "done" {
		p.t.Fatalf("%v", v)
	}
	d := phone{p, v["device"].(map[string]any)["id"].(string), v["token"].(string)}
	if a := d.call("GET", "/device", ""); a.status != http.StatusOK || a.json(p.t)["name"] != name {
		p.t.Fatalf("%d %s", a.status, a.body)
	}
	return d
}

// outcomes lists the history of Anna's sign-ins, newest first; "!" marks a suspicious one.
func (p *portal) outcomes(token string) []string {
	p.t.Helper()
	var out []string
	for _, e := range items(p.t, p.call("GET", "/sign-in-history", token, "")) {
		line := e["outcome"].(string)
		if e["suspicious"] == true {
			line += "!"
		}
		out = append(out, line)
	}
	return out
}

func TestADeviceIsBoundByItsCodeAndAnSMSAndGetsItsTokenOnce(t *testing.T) {
	p := openPortal(t)
	own := p.tokens(p.system()).access
	b := p.ask("  Телефон\u202e Анны ", "")
	if v := p.collect(b).json(t); v["state"] != "waiting" || v["token"] != nil {
		t.Fatalf("a token before anybody confirmed: %v", v)
	}
	c := p.claim(own, strings.ReplaceAll(b["code"].(string), "-", " "), "").json(t)
	if c["state"] != "confirm" || c["name"] != "Телефон Анны" || c["address"] == "" {
		t.Errorf("%v", c)
	}
	if a := p.confirm(own, b["id"], "sms", "000000"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a code before one was sent: %d %s", a.status, a.body)
	}
	p.confirm(own, b["id"], "sms", "")
	if a := p.confirm(own, b["id"], "sms", ""); a.status != http.StatusTooManyRequests {
		t.Errorf("a second SMS at once: %d", a.status)
	}
	code := p.lastCode(anna)
	if a := p.confirm(p.register(p.system()), b["id"], "sms", code); a.status != http.StatusNotFound {
		t.Errorf("somebody else confirmed: %d %s", a.status, a.body)
	}
	if v := p.confirm(own, b["id"], "sms", code).json(t); v["state"] != "done" {
		t.Fatalf("%v", v)
	}
	if v := p.confirm(own, b["id"], "sms", code).json(t); v["state"] != "done" {
		t.Errorf("an answer that was lost: %v", v)
	}
	wrong := map[string]any{"id": b["id"], "secret": "x"}
	if a := p.collect(wrong); a.status != http.StatusNotFound {
		t.Errorf("a stranger took the token: %d", a.status)
	}
	first, second := p.collect(b).json(t)["token"].(string), p.collect(b).json(t)["token"].(string)
	if a := (phone{p, "", first}).call("GET", "/device", ""); a.status != http.StatusUnauthorized {
		t.Errorf("the token whose answer was lost: %d", a.status)
	}
	if a := (phone{p, "", second}).call("GET", "/device", ""); a.status != http.StatusOK || a.json(t)["seenAt"] == nil {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := p.collect(b); a.status != http.StatusNotFound {
		t.Errorf("the token again after its first use: %d", a.status)
	}
	if got := p.outcomes(own); !slices.Equal(got, []string{"device_bound", "done"}) {
		t.Errorf("history %v", got)
	}
	if a := p.do("GET", api+"/devices", map[string]string{"X-Device-Token": second}, ""); a.status != http.StatusUnauthorized {
		t.Errorf("a device's token opened the account: %d", a.status)
	}
}

func TestACodeOfADeviceEndsWithItsTerm(t *testing.T) {
	p := openPortal(t)
	own := p.tokens(p.system()).access
	b := p.ask("Phone", "")
	p.clock.Advance(devices.BindTerm)
	if a := p.claim(own, b["code"].(string), ""); a.status != http.StatusForbidden || a.json(t)["code"] != "device.wrong_code" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := p.collect(b); a.status != http.StatusNotFound {
		t.Errorf("%d %s", a.status, a.body)
	}
	b = p.ask("Phone", "")
	p.claim(own, b["code"].(string), "")
	p.confirm(own, b["id"], "sms", "")
	p.clock.Advance(devices.CodeTerm)
	if v := p.confirm(own, b["id"], "sms", p.lastCode(anna)).json(t); v["code"] != "device.code_expired" {
		t.Errorf("%v", v)
	}
}

func TestFiveWrongCodesBlockBindingForItsTerm(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	own := p.tokens(s).access
	b := p.ask("Phone", "")
	unknown := "0000-0000"
	if b["code"] == unknown {
		unknown = "1111-1111"
	}
	// The same request with the same key is one try: an answer may be lost.
	key := map[string]string{"Authorization": "Bearer " + own, "Idempotency-Key": "one"}
	for range 3 {
		if v := p.do("POST", api+"/devices", key, `{"code":"`+unknown+`"}`).json(t); v["detail"] != "осталось: 4 попытки" {
			t.Fatalf("%v", v)
		}
	}
	p.claim(own, b["code"].(string), "")
	p.confirm(own, b["id"], "sms", "")
	wrong := "000000"
	if p.lastCode(anna) == wrong {
		wrong = "111111"
	}
	for i := range 3 { // a wrong SMS code counts as well
		if v := p.confirm(own, b["id"], "sms", wrong).json(t); v["code"] != "device.wrong_confirmation" {
			t.Fatalf("%d: %v", i, v)
		}
	}
	a := p.claim(own, unknown, "")
	if v := a.json(t); a.status != http.StatusLocked || v["code"] != "device.blocked" || a.header.Get("Retry-After") != "3600" || !strings.Contains(v["detail"].(string), "UTC") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := p.claim(own, b["code"].(string), ""); a.status != http.StatusLocked {
		t.Errorf("the right code while blocked: %d", a.status)
	}
	if got := p.outcomes(own)[0]; got != "device_blocked!" {
		t.Errorf("history %v", got)
	}
	p.clock.Advance(devices.BlockTerm)
	if d := p.bindDevice(p.tokens(s).access, "Phone", ""); d.token == "" {
		t.Error("no token after the block")
	}
}

func TestOneKeyForManyGuessesHidesNoneOfThem(t *testing.T) {
	p := openPortal(t)
	own := p.tokens(p.system()).access
	shown := strings.ReplaceAll(p.ask("Phone", "")["code"].(string), "-", "")
	key := map[string]string{"Authorization": "Bearer " + own, "Idempotency-Key": "one"}
	var last answer
	for guess := 0; last.status != http.StatusLocked; guess++ {
		if guess > 10 {
			t.Fatalf("ten guesses: %d %s", last.status, last.body)
		}
		if code := strings.Repeat("0", 7) + string(rune('0'+guess%10)); code != shown {
			last = p.do("POST", api+"/devices", key, `{"code":"`+code+`"}`)
		}
	}
}

func TestTheLimitOfDevicesNamesTheWayOutAndRebindingTakesNoPlace(t *testing.T) {
	p := openPortal(t)
	own := p.tokens(p.system()).access
	var all []phone
	for range devices.MaxDevices {
		all = append(all, p.bindDevice(own, "Phone", ""))
	}
	b := p.ask("One more", "")
	a := p.claim(own, b["code"].(string), "")
	if v := a.json(t); a.status != http.StatusConflict || v["code"] != "device.limit" || !strings.Contains(v["hint"].(string), "devices remove") || !strings.Contains(v["detail"].(string), "5") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	// In the place of an earlier one: the device says so itself, or the person does.
	anew := p.bindDevice(own, "Phone again", all[0].id)
	if anew.id != all[0].id {
		t.Errorf("%s instead of %s", anew.id, all[0].id)
	}
	if a := all[0].call("GET", "/device-requests", ""); a.status != http.StatusUnauthorized {
		t.Errorf("the earlier token lives: %d", a.status)
	}
	if v := p.claim(own, b["code"].(string), all[1].id).json(t); v["replaces"] != "Phone" {
		t.Errorf("%v", v)
	}
	if a := p.claim(own, p.ask("x", "")["code"].(string), "nobody"); a.status != http.StatusNotFound {
		t.Errorf("in the place of nothing: %d %s", a.status, a.body)
	}
	if a := p.call("DELETE", "/devices/"+all[2].id, own, ""); a.status != http.StatusNoContent {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := all[2].call("GET", "/device", ""); a.status != http.StatusUnauthorized || a.json(t)["code"] != "device.token" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := p.call("DELETE", "/devices/"+all[2].id, own, ""); a.status != http.StatusNotFound {
		t.Errorf("%d", a.status)
	}
	if got := p.outcomes(own)[:2]; !slices.Equal(got, []string{"device_removed", "device_rebound"}) {
		t.Errorf("history %v", got)
	}
	if got := len(items(t, p.call("GET", "/devices", own, ""))); got != devices.MaxDevices-1 {
		t.Errorf("%d devices", got)
	}
}

func TestADeviceThatRepeatsItsRequestKeepsItsCode(t *testing.T) {
	p := openPortal(t)
	key := map[string]string{"Idempotency-Key": "k"}
	first := p.do("POST", api+"/device-bindings", key, `{"name":"Phone"}`).json(t)
	second := p.do("POST", api+"/device-bindings", key, `{"name":"Phone"}`).json(t)
	if first["code"] != second["code"] || first["secret"] != second["secret"] {
		t.Errorf("%v then %v", first, second)
	}
	if a := p.collect(second); a.status != http.StatusOK {
		t.Errorf("the secret that came again: %d", a.status)
	}
	for range 9 {
		p.ask("Phone", "")
	}
	if a := p.postJSON(api+"/device-bindings", "", map[string]string{"name": "Phone"}); a.status != http.StatusTooManyRequests {
		t.Errorf("more codes than may wait: %d", a.status)
	}
	for _, name := range []string{"", " \t", strings.Repeat("x", 61)} {
		if a := p.do("POST", api+"/device-bindings", nil, `{"name":`+quoted(t, name)+`}`); a.status != http.StatusUnprocessableEntity {
			t.Errorf("name %q: %d", name, a.status)
		}
	}
}

func quoted(t *testing.T, s string) string {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// pushed begins Anna's sign-in and sends a push; it returns the sign-in and the number.
func (p *portal) pushed(s system) (id, number string) {
	p.t.Helper()
	id = p.begin(p.authorization(s), anna, annaPassword, "").json(p.t)["id"].(string)
	p.clock.Advance(31 * time.Second) // an SMS went out first
	v := p.factor(id, "push", "").json(p.t)
	push, ok := v["push"].(map[string]any)
	if !ok || push["state"] != "pending" {
		p.t.Fatalf("%v", v)
	}
	return id, push["number"].(string)
}

func TestASignInIsConfirmedOnADeviceByTheNumberThatItShows(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	d := p.bindDevice(p.tokens(s).access, "Phone", "")
	id, number := p.pushed(s)
	if v := p.factor(id, "push", number).json(t); v["state"] != "factor" {
		t.Fatalf("%v", v)
	}
	shown := items(t, d.call("GET", "/device-requests", ""))[0]
	if shown["kind"] != "sign-in" || shown["agent"] == nil || shown["address"] == "" || strings.Contains(quotedAny(t, shown), `"number"`) {
		t.Errorf("%v", shown)
	}
	wrong := "10"
	if number == wrong {
		wrong = "11"
	}
	if a := d.answer(`{"approve":true,"number":"` + wrong + `"}`); a.status != http.StatusForbidden || a.json(t)["code"] != "push.wrong_number" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := d.answer(`{"approve":true,"number":"` + number + `"}`); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if v := p.factor(id, "push", number).json(t); v["state"] != "done" || v["code"] == "" {
		t.Errorf("%v", v)
	}
}

func quotedAny(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestADeniedSignInIsOverAndStandsInTheHistoryAsSuspicious(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	own := p.tokens(s).access
	d := p.bindDevice(own, "Phone", "")
	for name, deny := range map[string]func(number string){
		"denied": func(string) { d.answer(`{"approve":false}`) },
		"three wrong numbers": func(number string) {
			wrong := "10"
			if number == wrong {
				wrong = "11"
			}
			for range 3 {
				d.answer(`{"approve":true,"number":"` + wrong + `"}`)
			}
		},
	} {
		id, number := p.pushed(s)
		deny(number)
		// Another way does not lead on either.
		if a := p.factor(id, "sms", p.smsOf(anna)); a.status != http.StatusForbidden || a.json(t)["code"] != "signin.push_denied" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		if a := p.factor(id, "push", number); a.status != http.StatusNotFound {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		if got := p.outcomes(own)[0]; got != "push_denied!" {
			t.Errorf("%s: history %v", name, got)
		}
	}
}

// smsOf is the newest message to somebody that holds a code.
func (p *portal) smsOf(login string) string {
	p.t.Helper()
	for _, u := range p.get("/sandbox/v1/users", "").json(p.t)["items"].([]any) {
		user := u.(map[string]any)
		if !strings.Contains(quotedAny(p.t, user["logins"]), login) && user["login"] != login {
			continue
		}
		for _, m := range user["messages"].([]any) {
			if code, _ := m.(map[string]any)["code"].(string); code != "" {
				return code
			}
		}
	}
	p.t.Fatalf("no code for %s", login)
	return ""
}

func TestAPushExpiresAndTooManyUnansweredOnesAreRefused(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	d := p.bindDevice(p.tokens(s).access, "Phone", "")
	var last answer
	for range 6 {
		id := p.begin(p.authorization(s), anna, annaPassword, "").json(t)["id"].(string)
		p.clock.Advance(31 * time.Second)
		if last = p.factor(id, "push", ""); last.status != http.StatusOK {
			break
		}
		number := last.json(t)["push"].(map[string]any)["number"].(string)
		p.clock.Advance(devices.PushTerm)
		if a := p.factor(id, "push", number); a.json(t)["code"] != "signin.push_expired" {
			t.Errorf("%d %s", a.status, a.body)
		}
		if got := items(t, d.call("GET", "/device-requests", "")); len(got) != 0 {
			t.Errorf("an expired request is shown: %v", got)
		}
	}
	if last.status != http.StatusTooManyRequests || last.json(t)["code"] != "push.blocked" || last.header.Get("Retry-After") == "" {
		t.Errorf("%d %s", last.status, last.body)
	}
	p.clock.Advance(devices.PushHold)
	p.pushed(s)
}

func TestANewDeviceIsConfirmedOnAnEarlierOne(t *testing.T) {
	p := openPortal(t)
	own := p.tokens(p.system()).access
	d := p.bindDevice(own, "Phone", "")
	b := p.ask("Tablet", "")
	p.claim(own, b["code"].(string), "")
	number := p.confirm(own, b["id"], "push", "").json(t)["push"].(map[string]any)["number"].(string)
	if a := d.answer(`{"approve":true,"number":"` + number + `"}`); a.json(t)["client"] != "Tablet" || a.json(t)["kind"] != "device" {
		t.Errorf("%s", a.body)
	}
	if v := p.confirm(own, b["id"], "push", number).json(t); v["state"] != "done" {
		t.Errorf("%v", v)
	}
}

func TestRecoveryUnbindsEveryDevice(t *testing.T) {
	p := openPortal(t)
	d := p.bindDevice(p.tokens(p.system()).access, "Phone", "")
	c := p.postJSON(api+"/recoveries", "", map[string]string{"login": anna}).json(t)
	p.postJSON(api+"/recoveries/"+c["id"].(string)+"/code", "", map[string]string{"code": p.lastCode(anna), "password": "New-password-1"})
	if a := d.call("GET", "/device", ""); a.status != http.StatusUnauthorized {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestThePageWaitsForADeviceWithoutAScript(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	d := p.bindDevice(p.tokens(s).access, "Phone", "")
	number := func(b *browser) string {
		_, rest, _ := strings.Cut(b.page, `<p class="number"><strong>`)
		n, _, _ := strings.Cut(rest, "<")
		return n
	}
	begin := func() *browser {
		b := p.visit(s, "en", nil)
		b.press("password", map[string]string{"login": anna, "password": annaPassword})
		b.sees("Confirm on a bound device")
		p.clock.Advance(31 * time.Second)
		b.press("send", map[string]string{"kind": "push"})
		b.sees(`<meta http-equiv="refresh" content="4">`, "bound device", "Look now")
		return b
	}
	b := begin()
	b.open(b.address.String())
	b.sees(`http-equiv="refresh"`)
	b.press("factor", nil)
	b.sees(`http-equiv="refresh"`)
	d.answer(`{"approve":true,"number":"` + number(b) + `"}`)
	b.open(b.address.String())
	b.sees("Allow access")
	b.press("consent", nil)
	if b.left == nil || b.left.Query().Get("code") == "" {
		t.Errorf("left at %v", b.left)
	}

	b = begin()
	d.answer(`{"approve":false}`)
	b.open(b.address.String())
	b.sees("denied on your device")
	if strings.Contains(b.page, "refresh") || strings.Contains(b.page, "<form") {
		t.Errorf("a denied sign-in goes on:\n%s", b.page)
	}

	b = begin()
	p.clock.Advance(devices.PushTerm)
	b.open(b.address.String())
	b.sees("Nobody answered", "Send the request to the device again", "Send a code by SMS")
	if strings.Contains(b.page, `http-equiv="refresh"`) {
		t.Error("a page without a waiting request loads itself again")
	}
}

func TestTheSecondFactorIsChosenAndRecoveryCodesWorkOnce(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	own := p.tokens(s).access
	put := func(preferred, password string) answer {
		return p.call("PUT", "/me/second-factor", own, `{"preferred":"`+preferred+`","password":"`+password+`"}`)
	}
	if a := put("push", annaPassword); a.status != http.StatusConflict || a.json(t)["code"] != "factor.not_ready" {
		t.Errorf("%d %s", a.status, a.body)
	}
	d := p.bindDevice(own, "Phone", "")
	if a := put("push", "wrong"); a.status != http.StatusForbidden {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := put("push", annaPassword); a.status != http.StatusNoContent {
		t.Fatalf("%d %s", a.status, a.body)
	}
	// What comes first is on its way at once.
	v := p.begin(p.authorization(s), anna, annaPassword, "").json(t)
	number := v["push"].(map[string]any)["number"].(string)
	d.answer(`{"approve":true,"number":"` + number + `"}`)
	if v := p.factor(v["id"].(string), "push", number).json(t); v["state"] != "done" {
		t.Errorf("%v", v)
	}
	codes := p.call("POST", "/me/recovery-codes", own, `{"password":"`+annaPassword+`"}`).json(t)["codes"].([]any)
	if v := p.call("GET", "/me/second-factor", own, "").json(t); v["preferred"] != "push" || quotedAny(t, v["recoveryCodes"]) != "10" || quotedAny(t, v["devices"]) != "1" || v["totp"] != false {
		t.Errorf("%v", v)
	}
	for i, want := range []int{http.StatusOK, http.StatusUnauthorized} {
		id := p.begin(p.authorization(s), anna, annaPassword, "").json(t)["id"].(string)
		if a := p.factor(id, "recovery", strings.ToUpper(codes[0].(string))); a.status != want {
			t.Errorf("use %d: %d %s", i+1, a.status, a.body)
		}
	}
}

func TestALostApplicationIsTurnedOffByARecoveryCodeAndGuessingLocks(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	id := p.begin(p.authorization(s), petr, petrPassword, "").json(t)["id"].(string)
	own := p.redeem(s, p.factor(id, "totp", totp(p.clock.Now())).json(t)["code"].(string)).access
	code := p.call("POST", "/me/recovery-codes", own, `{"password":"`+petrPassword+`"}`).json(t)["codes"].([]any)[0].(string)
	if a := p.call("PUT", "/me/totp", own, `{"code":"`+code+`","off":true}`); a.status != http.StatusNoContent {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if v := p.call("GET", "/me/second-factor", own, "").json(t); v["totp"] != false || v["preferred"] != "sms" {
		t.Errorf("%v", v)
	}
	p.call("POST", "/me/totp", own, `{"password":"`+petrPassword+`"}`)
	var last answer
	for range 5 {
		last = p.call("PUT", "/me/totp", own, `{"code":"abcdef"}`)
	}
	if last.status != http.StatusLocked {
		t.Errorf("five wrong codes: %d %s", last.status, last.body)
	}
}
