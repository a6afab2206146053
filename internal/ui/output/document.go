package output

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// AddQuery adds --jq alone, for a command that prints documents of others.
func AddQuery(cmd *cobra.Command, o *Options, lang i18n.Lang) {
	o.cmd = cmd
	cmd.Flags().Var(&queryFlag{o: o}, "jq", i18n.Text{RU: "`выражение` jq: что взять из JSON", EN: "filter the JSON with a jq `expression`"}.In(lang))
}

// Document prints a JSON document that is not ours: through --jq, indented on a
// terminal, else as it came. Control characters reach no terminal.
func Document(ios *iostreams.IOStreams, o *Options, doc []byte) error {
	if o.query != nil {
		return o.runQuery(ios.Out, doc)
	}
	if ios.IsStdoutTTY() {
		var b bytes.Buffer
		if json.Indent(&b, doc, "", "  ") == nil {
			doc = untrusted.EscapeJSON(b.Bytes())
		}
	}
	if !bytes.HasSuffix(doc, []byte("\n")) {
		doc = append(bytes.Clone(doc), '\n')
	}
	_, err := io.Copy(ios.Out, bytes.NewReader(doc))
	return err
}
