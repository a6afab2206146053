package bill

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/safepath"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// certified is a certificate of debts with the files it was saved in.
type certified struct {
	*wire.SignedDocument
	path, signature, root string
}

func newCertificate(f *factory.Factory) *cobra.Command {
	var out output.Options
	var dir string
	view := output.View[certified]{Fields: []output.Field[certified]{
		{Name: "title", Title: i18n.Text{RU: "Документ", EN: "Document"}, Value: func(c certified) any { return c.Title }},
		{Name: "debts", Title: i18n.Text{RU: "Начислений к оплате", EN: "Charges due"}, Value: func(c certified) any { return c.Debts }},
		{Name: "totalKopecks", Title: i18n.Text{RU: "Всего к оплате", EN: "Total due"}, Value: func(c certified) any { return i18n.Money(c.TotalKopecks) }},
		{Name: "issuedAt", Title: i18n.Text{RU: "Выдан", EN: "Issued"}, Value: func(c certified) any { return c.IssuedAt }},
		{Name: "path", Title: i18n.Text{RU: "Файл", EN: "File"}, Value: func(c certified) any { return c.path }},
		{Name: "signature", Title: i18n.Text{RU: "Подпись", EN: "Signature"}, Value: func(c certified) any { return c.signature }},
		{Name: "root", Title: i18n.Text{RU: "Корневой сертификат", EN: "Root certificate"}, Value: func(c certified) any { return c.root }},
	}}
	cmd := &cobra.Command{
		Use:   "certificate",
		Short: i18n.Text{RU: "Подписанная справка о долгах или об их отсутствии (PDF)", EN: "A signed certificate of debts, or of none (PDF)"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Сохраняет справку (PDF), отдельный файл подписи (.sig, ГОСТ Р 34.10-2012) и корневой сертификат учебного портала.\nПроверить: epgu verify ФАЙЛ --sig ФАЙЛ.sig --roots ФАЙЛ.pem",
			EN: "Saves the certificate (PDF), its signature in a file of its own (.sig, ГОСТ Р 34.10-2012) and the root certificate of the training portal.\nCheck it: epgu verify FILE --sig FILE.sig --roots FILE.pem"}.In(f.Lang),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			d, err := c.Cabinet.DebtCertificate(cmd.Context())
			if err != nil {
				return err
			}
			saved := certified{SignedDocument: d}
			saved.path, saved.signature, saved.root, err = SaveSigned(d, dir)
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, view, saved)
		},
	}
	cmd.Flags().StringVarP(&dir, "output", "o", ".", i18n.Text{RU: "`папка` для файлов", EN: "`folder` for the files"}.In(f.Lang))
	output.AddFlags(cmd, &out, view, f.Lang)
	return cmd
}

// SaveSigned saves a signed document, its signature beside it and, when the
// portal gives one, the root certificate to check it by.
func SaveSigned(d *wire.SignedDocument, dir string) (path, signature, root string, err error) {
	folder, err := safepath.OpenDir(dir)
	if err != nil {
		return "", "", "", err
	}
	defer folder.Close()
	save := func(name string, b []byte) (string, error) {
		w, err := folder.Create(name, safepath.Number)
		if err != nil {
			return "", err
		}
		defer w.Close()
		if _, err := w.Write(b); err != nil {
			return "", err
		}
		return w.Commit()
	}
	if path, err = save(safepath.SanitizeName(d.FileName.Raw()), d.PDF); err != nil {
		return "", "", "", err
	}
	name := filepath.Base(path) // the signature belongs to the name that the file really got
	if signature, err = save(name+".sig", d.Signature); err != nil || d.RootPEM == "" {
		return path, signature, "", err
	}
	root, err = save(name+".root.pem", []byte(d.RootPEM))
	return path, signature, root, err
}
