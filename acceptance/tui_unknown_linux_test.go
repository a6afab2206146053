package acceptance

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Answers are lost, and the portal is away when it is asked about them: the outcomes are
// unknown, nothing is sent again, and the witnesses say by keyboard what became of them.
func TestUnknownPaymentsOfARegisterAreReconciledByKeyboardAgainstThePortal(t *testing.T) {
	t.Parallel()
	const pin = "Demo-2026"
	p := newProgram(t, build(t), "EPGU_LANG=ru")
	p.signIn("confirmed")
	p.chief(pin)
	p.mustRun("sandbox", "seed", "--seed", "5", "--charges", "3", "--kind", "duty", "--user", "+79000000001")
	out := p.mustRun("bill", "list", "--all", "--jq", `"УИН;Сумма в копейках", (.items[] | select(.kind == "duty") | "\(.uin);\(.dueKopecks)")`)
	dir := t.TempDir()
	register := filepath.Join(dir, "register.csv")
	if err := os.WriteFile(register, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	plan := filepath.Join(dir, "register.plan")
	p.mustRun("batch", "plan", register, "-o", plan)

	w := p.window(120, 40).Awaits("Всего к оплате")
	w.Send("5").Awaits("o выбрать реестр").Send("o").Awaits("Реестр или план").Send("\x1b[200~" + plan + "\x1b[201~\r").Awaits("К оплате: 3")
	w.Send("a")
	answered(w, "Одобрить план", "y\r")
	answered(w, "PIN к «chief»", pin+"\r")
	w.Awaits("Одобряете оплату")
	sum := regexp.MustCompile(`Одобряете оплату ([0-9 ]+,[0-9]{2})`).FindStringSubmatch(strings.ReplaceAll(w.Screen(), "\u00a0", " "))
	if sum == nil {
		t.Fatalf("no sum:\n%s", w.Screen())
	}
	total := strings.ReplaceAll(sum[1], " ", "")
	answered(w, "Одобряете оплату", total+"\r")
	answered(w, "Подписей достаточно", "\r").Awaits("подписей: 1 из 1")

	// Whatever is asked about payments gets no answer, the asking of the run too.
	p.mustRun("sandbox", "faults", "--lose-reply", "100%", "--path", "/api/cabinet/v1/payments")
	w.Send("r").Awaits("Осталось уплатить").Send(total + "\r").Awaits("исход неизвестен 3").Send("s").Awaits("Остановить выполнение").Send("y\r")
	answered(w, "исход неизвестен: 3 платежа", "\r")
	w.Loses("Не получилось").Send("u").Awaits("Кто что говорит").Awaits("не известно")

	// The portal is back. It is asked by the id of each payment; nothing is sent.
	p.mustRun("sandbox", "faults", "--off")
	w.Send("r").Awaits("портал: оплачен")
	if strings.Contains(w.Screen(), "не известно") {
		t.Errorf("something is still unknown:\n%s", w.Screen())
	}
	w.Send("\x1b").Awaits("оплачен: 3").Send("\x03").Ends()
	w.Restored()
	if out := p.mustRun("pay", "list", "--all", "--json", "state"); strings.Count(out, `"state":"paid"`) != 3 || !strings.Contains(out, `"total":3`) {
		t.Errorf("paid: %s", out)
	}
	p.mustRun("audit", "verify")
}
