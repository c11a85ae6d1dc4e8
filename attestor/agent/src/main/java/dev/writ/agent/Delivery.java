// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.OutcomeStatement;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What became of the statements of an {@link OutcomeSpool} that it tried to deliver.
 *
 * @param accepted how many the service has now; they left the spool
 * @param refused those that it will never take; they left the spool
 * @param setAside files that hold no statement, under their new names
 * @param stopped why no more were sent, where it was not that none was left or the number was reached
 */
public record Delivery(
    int accepted, List<Refused> refused, List<Path> setAside, Optional<String> stopped) {
  /** Its values as given. */
  public Delivery {
    refused = List.copyOf(refused);
    setAside = List.copyOf(setAside);
  }

  /**
   * A statement that the service refused for good.
   *
   * @param statement it
   * @param denial what the service said
   */
  public record Refused(OutcomeStatement statement, Answer.Denied<Long> denial) {}
}
