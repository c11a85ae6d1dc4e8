// SPDX-License-Identifier: Apache-2.0

// Writes decide.wasm, the rules of DecideRules as OPA compiles them: go run . >../resources/decide.wasm
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/open-policy-agent/opa/v1/compile"
)

// Two rules deny, each other one permits an action on the hosts of one name.
func rules(n int) string {
	var module strings.Builder
	fmt.Fprintf(&module, "package rules_%d\n\ndefault allow := false\n\n", n)
	module.WriteString("allow if {\n\tpermit\n\tnot deny\n}\n\n")
	module.WriteString("deny if not input.pcrs_match\n\ndeny if input.frozen\n")
	for i := range n - 2 {
		fmt.Fprintf(&module, "\npermit if {\n\tinput.action == \"action-%d\"\n\tinput.max_uses <= 1\n"+
			"\tstartswith(input.host, \"host-%d\")\n}\n", i, i)
	}
	return module.String()
}

func main() {
	folder, err := os.MkdirTemp("", "decide")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	var entrypoints []string
	for _, n := range []int{10, 100, 1000} {
		file := filepath.Join(folder, fmt.Sprintf("rules_%d.rego", n))
		if err := os.WriteFile(file, []byte(rules(n)), 0o600); err != nil {
			log.Fatal(err)
		}
		entrypoints = append(entrypoints, fmt.Sprintf("rules_%d/allow", n))
	}
	var out bytes.Buffer
	compiler := compile.New().WithTarget(compile.TargetWasm).WithPaths(folder).
		WithEntrypoints(entrypoints...).WithOutput(&out)
	if err := compiler.Build(context.Background()); err != nil {
		log.Fatal(err)
	}
	plain, err := gzip.NewReader(&out)
	if err != nil {
		log.Fatal(err)
	}
	for files := tar.NewReader(plain); ; {
		header, err := files.Next()
		if err != nil {
			log.Fatal("the bundle must hold policy.wasm: ", err)
		}
		if header.Name == "/policy.wasm" {
			if _, err := io.Copy(os.Stdout, files); err != nil {
				log.Fatal(err)
			}
			return
		}
	}
}
