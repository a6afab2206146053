package acceptance

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestAPersonReadsNoMachineWordsInRussian walks a person's day on a terminal and
// looks at every word shown in Latin letters: a state, a kind or a way must be
// said in Russian. What stays Latin is a name, a number, an address, a command or
// an abbreviation of the field.
func TestAPersonReadsNoMachineWordsInRussian(t *testing.T) {
	t.Parallel()
	p := newProgram(t, build(t), "EPGU_LANG=ru", "COLUMNS=200", "NO_COLOR=1")
	p.signIn("confirmed")
	dir := t.TempDir()
	photoFile := filepath.Join(dir, "photo.jpg")
	if err := photo(photoFile); err != nil {
		t.Fatal(err)
	}
	pin := filepath.Join(dir, "pin")
	if err := os.WriteFile(pin, []byte("12345678\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	register := filepath.Join(dir, "july.csv")

	// What is typed as it stands keeps its name: services, documents, ways to pay.
	known := strings.Fields("epgu sandbox SANDBOX photo previousPassport me")
	names, err := p.run("", "service", "list", "--all", "--jq", ".items[].slug")
	if err != nil {
		t.Fatal(err)
	}
	known = append(known, strings.Fields(names)...)
	known = append(known, strings.Fields("account card wallet mobile")...)

	p.env = append(p.env, "EPGU_FORCE_TTY=1")
	var said strings.Builder
	see := func(args ...string) string {
		cmd := p.command(args...)
		cmd.Dir = dir
		var errOut strings.Builder
		cmd.Stderr = &errOut
		out, _ := cmd.Output() // a refusal is read by people, too
		text := string(out) + errOut.String()
		for _, word := range machineWords(text, known) {
			t.Errorf("epgu %s says %q:\n%s", strings.Join(args, " "), word, lineWith(text, word))
		}
		said.WriteString(text)
		return text
	}
	value := func(args ...string) string {
		p.t.Helper()
		out, err := p.run("", args...)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(out)
	}

	see("sandbox", "faults", "--outcome", "approve")
	see("sandbox", "users")
	see("sandbox", "messages")
	see("sandbox", "clock")
	see("sandbox", "seed", "--charges", "3")
	see("auth", "status")
	see("auth", "sessions")
	see("auth", "history")
	see("auth", "2fa", "status")
	see("auth", "devices", "list")
	see("auth", "devices", "requests")
	see("profile", "view")
	see("profile", "level")
	see("profile", "consents")
	see("profile", "privacy")
	see("org", "list")
	see("pension", "view")
	see("pension", "payments")
	see("pension", "contributions")
	see("service", "list")
	see("service", "search", "загранпаспорт")
	see("service", "view", "zagranpasport")
	see("application", "create", "zagranpasport", "--set", "reason=first", "--set", "office=77-01", "--set", "employment=none")
	see("application", "draft")
	draft := value("application", "draft", "list", "--jq", ".items[0].id")
	see("application", "draft", "view", draft)
	see("application", "draft", "edit", draft, "--set", "office=78-01")
	see("application", "draft", "remove", draft, "--yes")
	see("application", "draft", "new", "inn")
	see("application", "create", "zagranpasport", "--set", "reason=first", "--set", "office=77-01", "--set", "employment=none", "--attach", "photo="+photoFile, "--submit")
	order := value("application", "list", "--jq", ".items[0].orderId")
	see("application", "list")
	see("application", "view", order)
	see("application", "history", order)
	uin := value("application", "view", order, "--jq", ".unpaid[0]")
	see("bill", "list")
	see("bill", "view", uin)
	see("pay", "methods")
	see("pay", uin, "--yes")
	see("pay", uin, "--yes")
	see("pay", "list")
	payment := value("pay", "list", "--jq", ".items[0].id")
	see("pay", "view", payment)
	see("pay", "receipt", payment, "-o", dir)
	see("audit", "show", uin)
	see("audit", "verify")
	see("application", "watch", order, "--until", "final")
	see("application", "download", order, "-o", dir)
	see("cert", "new", "me", "--subject", "CN=Учебный Пётр", "--pin-file", pin)
	see("cert", "list")
	see("cert", "view", "me")
	see("sign", photoFile, "--cert", "me", "--pin-file", pin, "--yes", "-o", dir)
	see("verify", photoFile, "--sig", photoFile+".sig")
	see("check", "uin", uin)
	see("check", "inn", "960000000300", "123")
	see("check", "account", "40702810138250123017", "--bik", "044525225")
	see("check", "kbk", "18210604012021000110")
	charges := value("bill", "list", "--all", "--jq", `"УИН;Сумма в копейках", (.items[] | "\(.uin);\(.dueKopecks)")`)
	if err := os.WriteFile(register, []byte(charges+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	see("batch", "check", register)
	see("batch", "plan", register, "-o", filepath.Join(dir, "july.plan"))
	see("batch", "status", filepath.Join(dir, "july.plan"))
	see("batch", "run", filepath.Join(dir, "july.plan"))
	see("profile", "history")
	see("config", "list", "--columns", "source")
	see("doctor")
	if said.Len() < 10_000 {
		t.Errorf("only %d bytes were said: the walk broke off", said.Len())
	}
}

// machineWords are the words of a text that a Russian reader should not meet.
func machineWords(text string, known []string) []string {
	text = exempt().ReplaceAllString(text, " ")
	var words []string
	for _, w := range regexp.MustCompile(`[A-Za-z][A-Za-z_-]*[A-Za-z]`).FindAllString(text, -1) {
		if w == strings.ToUpper(w) && len(w) <= 6 || slices.Contains(known, w) || slices.Contains(words, w) {
			continue
		}
		words = append(words, w)
	}
	return words
}

// exempt is what is no word of the language: commands and flags, addresses, paths
// and file names, identifiers, names in a certificate, types of files.
func exempt() *regexp.Regexp {
	return regexp.MustCompile(strings.Join([]string{
		`epgu [^\n]*`, `--[a-z0-9-]+`, `https?://\S+`, `\S*/\S+`, `\S+@\S+`, `\S+\.(csv|plan|jpg|pdf|sig|pem|toml|err|approvals)\b`,
		`[0-9a-f]{8}-[0-9a-f-]{27}`, `\b[0-9a-fA-F]{16,}\b`, `\b(CN|O|OID|SERIALNUMBER)=[^,\n]*`, `id-[A-Za-z0-9-]+`, `\{"[^\n]*\}`, `«[^»]*»`, `\S+_\S+`,
		`\w+\?oid=\d+`, `\w+=\S* \([^)]*\)`, `\([a-z]+\)`, `\w+-2026\b`, `300 dpi`, `\b[A-Z2-7]{16}\b`,
	}, "|"))
}

func lineWith(text, word string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, word) {
			return line
		}
	}
	return ""
}
