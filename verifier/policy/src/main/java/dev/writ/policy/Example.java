// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * An example that the document carries of its own meaning: inputs and the decision they must get.
 *
 * @param name unique in the document
 * @param description for the reader
 * @param inputs the inputs
 * @param code the code of the denial that must come; absent if it must be an allow
 */
public record Example(String name, String description, Inputs inputs, Optional<PolicyCode> code) {
  private static final String ALLOW = "allow";

  static Example read(Json value) throws MalformedPolicyException {
    Members members = Members.of(value);
    String name = members.text("name", TextForm.ID);
    String description = members.optionalText("description", TextForm.DESCRIPTION).orElse("");
    Inputs inputs = Inputs.STRUCT.read(members.required("inputs"));
    List<Optional<PolicyCode>> expectations =
        Stream.concat(
                Stream.of(Optional.<PolicyCode>empty()),
                Arrays.stream(PolicyCode.values()).map(Optional::of))
            .toList();
    Optional<PolicyCode> code = members.choice("expect", expectations, Example::wire);
    members.end();
    return new Example(name, description, inputs, code);
  }

  /** What is expected, as the document spells it. */
  public String expect() {
    return wire(code);
  }

  /** Whether {@code decision} is the one that must come. */
  public boolean isMetBy(Decision decision) {
    return decision instanceof Decision.Deny deny
        ? code.equals(Optional.of(deny.code()))
        : code.isEmpty();
  }

  private static String wire(Optional<PolicyCode> code) {
    return code.map(PolicyCode::wire).orElse(ALLOW);
  }
}
