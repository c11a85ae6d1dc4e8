// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

/** More at once than a door takes. */
final class Overload {
  /** What the caller is told: come back in a second. */
  static final Problem PROBLEM =
      Problem.unavailable(
          "overloaded",
          "the service must have room for the request, has none now; send it again",
          1);

  /** The service was asked, and did not come to an answer in time. */
  static final Problem OVERDUE =
      Problem.unavailable(
          "answer_overdue",
          "the service must answer in time, and did not; what was asked may still come to pass",
          5);

  /** As many follow revocations as a door takes. */
  static final Problem STREAMS =
      Problem.unavailable(
          "too_many_streams",
          "the service must have room for one more reader of revocations, has none; ask another node,"
              + " or fetch the status lists",
          5);

  private Overload() {}
}
