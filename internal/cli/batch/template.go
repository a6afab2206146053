package batch

import (
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/registers"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/register"
)

// Format words for samples of what is no register.
const (
	mapFormat    = "map"    // a column map
	payersFormat = "payers" // the accounts that a bank file is drawn on
)

type templateOptions struct {
	f      *factory.Factory
	format string
	path   string
	force  bool
}

func newTemplate(f *factory.Factory) *cobra.Command {
	o := &templateOptions{f: f}
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   "template",
		Short: tr("Пустой реестр с заголовками", "An empty register with headings"),
		Long: tr("Пишет пустой реестр: CSV для таблиц или XLSX, где столбцы с кодами уже текстовые и номера не портятся,\nфайл обмена 1С без документов или строку JSON с пустыми полями. С --format map — образец карты столбцов для чужих заголовков, с --format payers — образец файла счетов плательщика для run --via bank-file.",
			"Writes an empty register: CSV for spreadsheets, or XLSX whose columns of codes are text already, so that numbers stay whole,\na 1C exchange file without documents, or a JSON line with empty members. With --format map: a sample of a column map for headings of others; with --format payers: a sample of the file of the payer's accounts for run --via bank-file."),
		Example: "  epgu batch template -o july.csv\n  epgu batch template --format xlsx -o july.xlsx\n  epgu batch template --format map > columns.toml\n  epgu batch template --format payers -o accounts.json",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return o.run() },
	}
	fl := cmd.Flags()
	fl.StringVar(&o.format, "format", "csv", tr("csv, xlsx, 1c, jsonl, map или payers", "csv, xlsx, 1c, jsonl, map or payers"))
	fl.StringVarP(&o.path, "output", "o", "", tr("`файл`; без него — стандартный вывод", "`file`; the standard output without it"))
	fl.BoolVar(&o.force, "force", false, tr("заменить файл, если он есть", "replace the file if it is there"))
	return cmd
}

func (o *templateOptions) run() error {
	var write func(io.Writer) error
	switch o.format {
	case mapFormat:
		write = func(w io.Writer) error {
			_, err := io.WriteString(w, register.MappingSample(o.f.IO.Lang))
			return err
		}
	case payersFormat:
		write = func(w io.Writer) error {
			_, err := io.WriteString(w, bankfiles.PayersSample(o.f.IO.Lang))
			return err
		}
	case string(register.CSV), string(register.XLSX), string(register.OneC), string(register.JSONL):
		write = func(w io.Writer) error {
			return registers.WriteTemplate(w, register.Format(o.format), o.f.IO.Lang, o.f.Clock.Now())
		}
	default:
		return fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "--format не может быть «%s»; подходит: csv, xlsx, 1c, jsonl, map, payers", EN: "--format cannot be %q; use: csv, xlsx, 1c, jsonl, map, payers"}.With(o.format))
	}
	if o.path != "" {
		return o.save(write)
	}
	if o.format == string(register.XLSX) && o.f.IO.IsStdoutTTY() {
		return fault.New(exitcode.Usage, "template.terminal", i18n.Say("книгу XLSX на экран не вывести", "an XLSX workbook cannot go to a terminal")).
			Advise(i18n.Say("назовите файл: -o реестр.xlsx", "name a file: -o register.xlsx"))
	}
	return write(o.f.IO.Out)
}

func (o *templateOptions) save(write func(io.Writer) error) error {
	if !o.force {
		if _, err := os.Lstat(o.path); err == nil {
			return fault.New(exitcode.Conflict, "file.exists", i18n.Text{RU: "файл %s уже есть", EN: "the file %s is already there"}.With(o.path)).
				Advise(i18n.Say("назовите другой или добавьте --force", "name another one, or add --force"))
		}
	}
	f, err := atomicfile.Create(o.path, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Commit(); err != nil {
		return err
	}
	o.f.IO.Note(i18n.Text{RU: "записан %s", EN: "%s is written"}.With(o.path))
	return nil
}
