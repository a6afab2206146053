package registers

import (
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// banked is the message that the banks of the config are known.
type banked struct {
	by    *plan
	names []string
	err   error
}

// road asks by which bank a plan is paid: by files for its client, or straight to it.
func (p *plan) road(e *screen.Env, m banked) tea.Cmd {
	d := &kit.Choice{Head: i18n.Text{RU: "Какой дорогой в банк?", EN: "By which road to the bank?"}, ByItself: true, Do: func(i int) tea.Cmd {
		if i == 0 {
			return p.byFiles(e)
		}
		return p.confirmRun(e, Running{Plan: p.path, Via: journal.ViaDirectBank, Bank: m.names[i-1]})
	}}
	d.Options = append(d.Options, kit.Option{Title: i18n.Say("файлами для банк-клиента", "files for the bank's client")})
	for _, name := range m.names {
		d.Options = append(d.Options, kit.Option{Title: i18n.Text{RU: "прямо в банк «%s» (DirectBank)", EN: "straight to bank %q (DirectBank)"}.With(untrusted.Text(name))})
	}
	return screen.Ask(d)
}

// byFiles asks which account pays and where the files go.
func (p *plan) byFiles(e *screen.Env) tea.Cmd {
	return kit.AskFile(&kit.Files{Head: i18n.Text{RU: "Файл счетов плательщика (образец: epgu batch template --format payers)", EN: "The file of the payer's accounts (a sample: epgu batch template --format payers)"},
		Want: func(name string) bool { return strings.EqualFold(filepath.Ext(name), ".json") },
		Do: func(payers string) tea.Cmd {
			return screen.Ask(&kit.Typed{Head: i18n.Text{RU: "Файлы в банк", EN: "Files for the bank"}, Given: strings.TrimSuffix(p.path, filepath.Ext(p.path)) + "-bank", Accept: vacant,
				Ask: i18n.Say("В какую папку записать файлы? Денег это не тронет: платит банк.", "Which folder are the files written to? No money moves by that: the bank pays."),
				Do: func(folder string) tea.Cmd {
					return p.confirmRun(e, Running{Plan: p.path, Via: journal.ViaBankFile, Payers: payers, Folder: kit.Path(folder)})
				}})
		}})
}

// command is the command that does the same.
func (r Running) command() string {
	out := "epgu batch run " + kit.Shell(r.Plan)
	switch r.Via {
	case journal.ViaBankFile:
		out += " --via bank-file --payers " + kit.Shell(r.Payers) + " -o " + kit.Shell(r.Folder)
	case journal.ViaDirectBank:
		out += " --via directbank --bank " + kit.Shell(r.Bank)
	}
	if r.LeaveEnded {
		out += " --leave-ended"
	}
	return out
}

// title names the road.
func (r Running) title() i18n.Localised {
	switch r.Via {
	case journal.ViaBankFile:
		return i18n.Text{RU: "Дорога: файлы для банк-клиента в папке %s. Оплаченным платёж сделает выписка.", EN: "Road: files for the bank's client in folder %s. A statement makes a payment paid."}.With(untrusted.Text(r.Folder))
	case journal.ViaDirectBank:
		return i18n.Text{RU: "Дорога: прямо в банк «%s». Оплаченным платёж сделает выписка.", EN: "Road: straight to bank %q. A statement makes a payment paid."}.With(untrusted.Text(r.Bank))
	}
	return i18n.Say("Дорога: портал.", "Road: the portal.")
}
