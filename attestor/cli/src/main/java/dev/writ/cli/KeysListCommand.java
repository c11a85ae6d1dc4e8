// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.ListedKey;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code writ keys list}: the inventory as it is. */
@Command(
    name = "list",
    description =
        "Lists a service's keys: what its token has, beside what its ledger says of each.",
    mixinStandardHelpOptions = true)
final class KeysListCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin OperatorOptions operator = new OperatorOptions();

  @Override
  public Integer call() throws CommandFailure {
    List<ListedKey> keys = operator.ask(client -> CommandFailure.read(client.keys().list()));
    new Table(
            "role", "state", "storage", "kid", "from", "until", "generation", "label", "replicated")
        .print(
            spec.commandLine().getOut(),
            operator.output,
            "keys",
            keys.stream().map(KeysListCommand::row).toList());
    return ExitStatus.DONE;
  }

  private static Map<String, Object> row(ListedKey key) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("role", key.role());
    key.known().ifPresent(known -> row.put("state", known.state().wire()));
    key.storage().ifPresent(storage -> row.put("storage", storage.wire()));
    key.kid().ifPresent(kid -> row.put("kid", Thumbprint.text(kid)));
    key.known()
        .ifPresent(
            known -> {
              row.put("from", known.notBefore());
              row.put("until", known.notAfter());
              row.put("leaf_index", known.leafIndex());
            });
    row.put("in_token", key.inToken().isPresent());
    key.inToken()
        .ifPresent(
            names -> {
              row.put("generation", names.generation());
              row.put("label", names.label());
              row.put("id", names.id());
              row.put("algorithm", names.algorithm());
              names.replicated().ifPresent(is -> row.put("replicated", is ? "yes" : "no"));
            });
    return row;
  }
}
