"""The W3C's SPARQL 1.1 test suite, run against `kg serve`: `python -m tests.w3c DIR`.

    manifest    what the suite's manifests say: one `Test` an entry
    results     tables, truths and graphs as they are written in the suite and on the wire, and whether two are the same
    targets     where a test runs: a server of ours, or the engine alone, to tell whose a failure is
    judge       whether a target passes a query, update or syntax test
    exchanges   tests that are HTTP requests: the protocol, the Graph Store Protocol, the service description
    known       the failures that there are, each with its reason

The suite itself cannot be part of this project; DIR is a checkout of w3c/rdf-tests, or any folder that holds its
manifests. Nothing outside this machine is called: tests of SERVICE and LOAD get further servers on loopback addresses.
"""
