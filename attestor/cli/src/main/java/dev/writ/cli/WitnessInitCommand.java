// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.ledger.LedgerException;
import dev.writ.ledger.Witness;
import dev.writ.tlog.Cosigner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code writ witness init}: the birth of a witness's key and of its memory. */
@Command(
    name = "init",
    description = {
      "Makes a witness's Ed25519 key and the folder of what it will cosign, and prints the vkey by",
      "which others believe it. The two belong together: a witness whose folder is lost gets another",
      "key. Overwrites nothing."
    },
    mixinStandardHelpOptions = true)
final class WitnessInitCommand implements Callable<Integer> {
  static final String KEY = "witness-key.pem";
  static final String FOLDER = "witness";

  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--name",
      required = true,
      description = "Under which it cosigns, such as witness.example/w1.")
  String name = "";

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Where " + KEY + " and the folder " + FOLDER + " are made.")
  Path out = Path.of("");

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    if (WitnessKeyFile.name(name).isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "--name must be " + WitnessKeyFile.NAME_FORM + ", was " + name);
    }
    Path key = out.resolve(KEY);
    Path folder = out.resolve(FOLDER);
    try {
      KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
      Cosigner cosigner = Cosigner.of(name, pair);
      Files.createDirectories(out);
      // The memory first: a key without one could be brought beside another's.
      Witness.make(folder, cosigner.key());
      OwnersFile.take(key);
      OwnersFile.replace(
          key, WitnessKeyFile.pem(pair.getPrivate()).getBytes(StandardCharsets.US_ASCII));
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("vkey", cosigner.key().vkey());
      facts.put("key", key.toString());
      facts.put("folder", folder.toString());
      new Printer(spec.commandLine().getOut(), output).print(facts);
      return ExitStatus.DONE;
    } catch (IOException e) {
      throw CommandFailure.configuration("--out", e);
    } catch (LedgerException e) {
      throw CommandFailure.configuration(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(
          "every Java platform makes Ed25519 keys; this one does not", e);
    }
  }
}
