// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.SignatureAccounts;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code writ keys audit}: whether all that the token signed is accounted for. */
@Command(
    name = "audit",
    description =
        "Reconciles what a service's token signed, since the service was started, with what the"
            + " service asked it to sign and with the leaves of the ledger. Exits with 5 if a"
            + " signature is accounted for by nobody.",
    mixinStandardHelpOptions = true)
final class KeysAuditCommand implements Callable<Integer> {
  private static final String UNDER_WAY = "under_way";
  private static final String UNACCOUNTED = "unaccounted";
  private static final String MISSING = "missing";

  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin OperatorOptions operator = new OperatorOptions();

  @Override
  public Integer call() throws CommandFailure {
    SignatureAccounts accounts =
        operator.ask(client -> CommandFailure.read(client.keys().signatures()));
    PrintWriter out = spec.commandLine().getOut();
    if (operator.output == OutputFormat.json) {
      new Printer(out, operator.output).print(document(accounts));
    } else {
      new Table("role", "label", "token", "service", UNDER_WAY, UNACCOUNTED, MISSING)
          .print(
              out,
              operator.output,
              "keys",
              accounts.keys().stream().map(KeysAuditCommand::line).toList());
      out.println();
      Map<String, Object> ledger = new LinkedHashMap<>();
      artifacts(accounts.ledger().artifacts())
          .forEach((name, n) -> ledger.put("artifacts " + name, n));
      ledger.put("leaves that allowed", accounts.ledger().leaves());
      new Printer(out, operator.output).print(ledger);
    }
    List<String> open = open(accounts);
    if (!open.isEmpty()) {
      throw CommandFailure.integrity(
          "every signature must be accounted for, and is not: "
              + String.join("; ", open)
              + ": take the keys for stolen until you know who had it made");
    }
    return ExitStatus.DONE;
  }

  private static List<String> open(SignatureAccounts accounts) {
    List<String> open = new ArrayList<>();
    for (SignatureAccounts.Key key : accounts.keys()) {
      if (key.unaccounted() > 0) {
        open.add("nobody accounts for " + key.unaccounted() + " by the key " + key.label());
      }
      if (key.missing() > 0) {
        open.add("the token did not count " + key.missing() + " by the key " + key.label());
      }
    }
    SignatureAccounts.Allowances ledger = accounts.ledger();
    if (ledger.unaccounted() > 0) {
      open.add(ledger.unaccounted() + " leaves allowed what no artifact was signed for");
    }
    if (ledger.missing() > 0) {
      open.add(ledger.missing() + " committed artifacts have no leaf");
    }
    return open;
  }

  private static Map<String, Object> line(SignatureAccounts.Key key) {
    Map<String, Object> line = row(key);
    line.put("token", text(key.token()));
    line.put("service", text(key.service()));
    return line;
  }

  private static String text(Map<String, Long> counts) {
    return counts.isEmpty()
        ? "-"
        : counts.entrySet().stream()
            .map(count -> count.getKey() + "=" + count.getValue())
            .collect(Collectors.joining(","));
  }

  private static Map<String, Object> document(SignatureAccounts accounts) {
    SignatureAccounts.Allowances found = accounts.ledger();
    Map<String, Object> ledger = new LinkedHashMap<>();
    ledger.put("first_index", found.first());
    ledger.put("size", found.size());
    ledger.put("leaves", found.leaves());
    ledger.put("artifacts", artifacts(found.artifacts()));
    ledger.put(UNACCOUNTED, found.unaccounted());
    ledger.put(MISSING, found.missing());
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("balanced", accounts.isBalanced());
    document.put("ledger", ledger);
    document.put("keys", accounts.keys().stream().map(KeysAuditCommand::row).toList());
    return document;
  }

  private static Map<String, Object> row(SignatureAccounts.Key key) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("role", key.role());
    row.put("label", key.label());
    row.put("id", key.id());
    row.put("token", key.token());
    row.put("service", key.service());
    row.put(UNDER_WAY, key.underWay());
    row.put("artifacts", artifacts(key.artifacts()));
    row.put(UNACCOUNTED, key.unaccounted());
    row.put(MISSING, key.missing());
    return row;
  }

  private static Map<String, Object> artifacts(SignatureAccounts.Artifacts found) {
    Map<String, Object> artifacts = new LinkedHashMap<>();
    artifacts.put("signed", found.signed());
    artifacts.put("committed", found.committed());
    artifacts.put("lost", found.lost());
    artifacts.put("unanswered", found.unanswered());
    artifacts.put(UNDER_WAY, found.underWay());
    return artifacts;
  }
}
