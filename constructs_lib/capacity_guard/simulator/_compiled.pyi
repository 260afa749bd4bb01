from array import array

def simulate(
    outputs: bool,
    provisioned: bool,
    supply: tuple[float, float, float, float, float],
    parameters: tuple[int, float, float, float, int, float],
    limits: tuple[int, int, int, int, int, int, float],
    demand: array[float],
    load: array[float],
    served: array[float],
    throttled: array[float],
    limit: array[float],
    state: array[float],
    recent: array[float],
) -> tuple[float, int, int, float, float]: ...
