package acceptance

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestPayingByCardInARealBrowser(t *testing.T) {
	t.Parallel()
	browser := openChromium(t)
	p := serveTraining(t)
	p.signIn("confirmed")
	var list struct{ Items []struct{ UIN, ID string } }
	p.json(&list, "bill", "search", "--sts", "0000000009", "--json", "uin")
	uin := list.Items[0].UIN
	if got := p.end(strings.NewReader(""), "pay", uin, "--method", "card", "--yes", "--wait", "1s"); got.code != 10 {
		t.Fatalf("exit %d: %s", got.code, got.errOut)
	}
	p.json(&list, "pay", "list", "--json", "id")
	id := list.Items[0].ID
	var seen struct{ Page, State string }
	p.json(&seen, "pay", "view", id, "--json", "page,state")
	browser.open(seen.Page + "&lang=en")
	browser.sees("<h1>Payment by card</h1>")
	browser.types("000000") // the field has the focus
	browser.key("Enter")
	browser.sees("The code does not fit")
	browser.types(p.person(confirmed).LastCode)
	browser.key("Enter")
	browser.sees("You may close the page")
	p.json(&seen, "pay", "view", id, "--json", "page,state")
	if seen.Page != "" || seen.State != "accepted" && seen.State != "paid" {
		t.Errorf("%+v", seen)
	}
}

// json runs a command and reads what it prints.
func (p *program) json(into any, args ...string) {
	p.t.Helper()
	out, err := p.run("", args...)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(out), into); err != nil {
		p.t.Fatalf("epgu %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
