package acceptance

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/sandbox"
	"github.com/epgu-cli/epgu/internal/tui/drive"
)

// chief gives this machine the key of somebody who may approve what another has made.
func (p *program) chief(pin string) {
	p.t.Helper()
	var list struct{ Items []user }
	out := p.mustRun("sandbox", "users", "--json")
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		p.t.Fatal(err)
	}
	n := -1
	for i, u := range list.Items {
		if u.Level == "confirmed" && u.OrgOID != "" && u.TOTPSecret == "" {
			n = i
		}
	}
	if n < 0 {
		p.t.Fatal("nobody can approve")
	}
	file := filepath.Join(p.home, "pin")
	if err := os.WriteFile(file, []byte(pin+"\n"), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.mustRun("config", "set", "portal", sandbox.Origin, "--in-profile", "chief")
	code := p.exe + " sandbox users --jq .items[" + strconv.Itoa(n) + "].lastCode"
	if _, err := p.run(list.Items[n].Password+"\n", "auth", "login", "--user", list.Items[n].Login, "--password-stdin", "--factor", "sms", "--otp-command", code, "--profile", "chief"); err != nil {
		p.t.Fatal(err)
	}
	p.mustRun("cert", "new", "chief", "--subject", "CN=chief", "--pin-file", file)
	p.mustRun("cert", "request", "chief", "--send", "--pin-file", file, "--profile", "chief")
}

// answered waits for a question that opens by itself, and answers it: such a window takes
// no keys at first.
func answered(w *drive.Window, question, answer string) *drive.Window {
	w.Awaits(question)
	time.Sleep(600 * time.Millisecond)
	return w.Send(answer)
}

func TestARegisterIsCheckedPlannedApprovedPaidSettledAndItsMonthClosedByKeyboardAlone(t *testing.T) {
	t.Parallel()
	const pin = "Demo-2026"
	p := newProgram(t, build(t), "EPGU_LANG=ru")
	p.signIn("confirmed")
	p.chief(pin)
	p.mustRun("sandbox", "seed", "--seed", "3", "--charges", "5", "--kind", "duty", "--user", "+79000000001")
	out := p.mustRun("bill", "list", "--all", "--jq", `"УИН;Сумма в копейках", (.items[] | select(.kind == "duty") | "\(.uin);\(.dueKopecks)"), "18810177170325189255;100"`)
	dir := t.TempDir()
	register := filepath.Join(dir, "реестр за июль.csv")
	if err := os.WriteFile(register, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	w := p.window(120, 40).Awaits("Всего к оплате")

	// The register, dropped on the window; one row is wrong, and stays unpaid.
	w.Send("5").Awaits("o выбрать реестр").Send("o").Awaits("Реестр или план").Send("\x1b[200~'" + register + "'\x1b[201~\r")
	w.Awaits("Строк с ошибками: 1").Awaits("1 452,00 ₽").Send("\r").Awaits("сверьте номер с документом").Send("\r")
	w.Send("p").Awaits("Оставить их неоплаченными").Send("y\r").Awaits("Куда записать план?").Send("\r")
	w.Awaits("К оплате: 5 из 6 строк")

	// Four eyes: the key of another person, and the sum typed.
	w.Send("a")
	answered(w, "Одобрить план", "y\r")
	answered(w, "PIN к «chief»", pin+"\r")
	answered(w, "Одобряете оплату 1 452,00 ₽?", "1452\r")
	answered(w, "Подписей достаточно", "\r").Awaits("подписей: 1 из 1")

	// Two answers are lost on the way; the run asks the portal, and sends nothing again.
	p.mustRun("sandbox", "faults", "--lose-reply", "100%", "--count", "2", "--path", "/api/cabinet/v1/payments")
	w.Send("r").Awaits("Осталось уплатить 1 452,00 ₽").Send("1452\r").Awaits("оплачен: 5, 1 452,00 ₽")
	answered(w, "Выполнение плана", "\r")

	// The month, which is not over.
	w.Send("5").Awaits("оплачен").Send("m").Awaits("Какой месяц").Send("\x15" + time.Now().In(time.FixedZone("MSK", 3*60*60)).Format("2006-01") + "\r")
	w.Awaits("новую папку").Send("\x15" + filepath.Join(dir, "месяц") + "\r")
	answered(w, "Закрыть раньше", "y\r")
	w.Awaits("Оплачено платежей: 5")
	if code := w.Send("\x03").Ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
	w.Restored()
	if out := p.mustRun("pay", "list", "--all", "--json", "state"); strings.Count(out, `"state":"paid"`) != 5 || !strings.Contains(out, `"total":5`) {
		t.Errorf("paid: %s", out)
	}
	if out := p.mustRun("batch", "close", "--verify", filepath.Join(dir, "месяц"), "--json", "holds"); !strings.Contains(out, `"holds":true`) {
		t.Errorf("closed: %s", out)
	}
}
