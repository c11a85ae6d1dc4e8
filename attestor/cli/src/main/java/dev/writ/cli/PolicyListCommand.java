// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.ListedPolicy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code writ policy list}: the policies that are or were in force. */
@Command(
    name = "list",
    description =
        "Lists the newest policies, at most 100: the first is in force, each replaced the one after it.",
    mixinStandardHelpOptions = true)
final class PolicyListCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin OperatorOptions operator = new OperatorOptions();

  @Override
  public Integer call() throws CommandFailure {
    List<ListedPolicy> all =
        operator.ask(client -> CommandFailure.read(client.policies().newest()));
    new Table("epoch", "policy", "version", "since", "digest")
        .print(
            spec.commandLine().getOut(),
            operator.output,
            "policies",
            all.stream().map(PolicyListCommand::row).toList());
    return ExitStatus.DONE;
  }

  static Map<String, Object> row(ListedPolicy listed) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("epoch", listed.policy().epoch());
    row.put("policy", listed.policy().id());
    row.put("version", listed.policy().version());
    row.put("since", listed.began());
    row.put("digest", listed.policy().digest().hex());
    row.put("min_epoch", listed.minEpoch());
    row.put("leaf_index", listed.leafIndex());
    return row;
  }
}
